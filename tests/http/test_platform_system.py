"""The system page: ticks, failures, notices, and the configuration that is safe to show."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.notices.entries import Outgoing, operator_entry
from shared.stores import process_memory
from tests.contracts.test_outbox import ENTRIES
from tests.contracts.test_service_status import LETTER
from tests.http.conftest import NOON
from tests.http.serving import Functions, Json

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/configuration.md").read_text(), re.MULTILINE)
OF_THE_MACHINE = {
    *("FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST", "K_SERVICE")
}
SECRETS = {
    "STRIPE_API_KEY": "sk_test_0123456789abcdef",
    "STRIPE_API_BASE": "https://me:hunter22@api.stripe.com",
    "STRIPE_WEBHOOK_SECRET": "whsec_0123456789abcdef,whsec_fedcba9876543210",
    "SMTP_URL": "smtp://me:hunter22@mail.example.com:587",
    "GWI_SEALING_KEYS": "k1:0123456789abcdef0123456789abcdef",
}


def system(functions: Functions) -> Json:
    return functions.read(functions.create_platform_key("platform:read"), "/platform/system")


def settings(functions: Functions) -> dict[str, str]:
    return {each["name"]: each["value"] for each in system(functions)["configuration"]}


def test_nothing_has_happened_yet(functions: Functions) -> None:
    found = system(functions)
    assert {name: found[name] for name in found if name != "configuration"} == {
        "ticks": [],
        "stripe_failures": [],
        "dead_letters": [],
        "notices": [],
    }


def test_ticks_and_messages_of_the_reconciliation_are_listed_newest_first(functions: Functions) -> None:
    functions.tick()
    functions.clock.pass_by(timedelta(minutes=1))
    functions.tell({"job": "reconcile"})
    functions.tell({"job": "deliver", "entries": ["a" * 40]})
    functions.tell({"tenants": ["acme"]})
    ticks = system(functions)["ticks"]
    assert [(each["job"], each["at"], each["error"]) for each in ticks] == [
        ("reconcile", "2026-11-20T12:01:00Z", None),
        ("fold", "2026-11-20T12:00:00Z", None),
    ]
    assert all(each["milliseconds"] >= 0 for each in ticks)


def test_everything_that_was_given_up_is_one_list_newest_first(functions: Functions) -> None:
    store, minute = process_memory(), timedelta(minutes=1)
    for number, name in enumerate(ENTRIES):
        entry = replace(ENTRIES[name], created_at=NOON - (number + 1) * minute)
        store.add_entries(Outgoing(entries=[entry.leased(NOON).failed(f"{name} refused")]))
    store.add_entries(Outgoing(entries=[operator_entry("a drift", "Look at it.", ["c"], NOON)]))
    store.add_dead_letter(replace(LETTER, at=NOON))
    found = system(functions)
    assert [(each["kind"], each["attempts"], each["error"]) for each in found["dead_letters"]] == [
        ("tick", 5, None),
        ("mail", 1, "mail refused"),
        ("webhook", 1, "notice refused"),
        ("webhook", 1, "webhook refused"),
        ("operator", 1, "operator refused"),
    ]
    assert found["dead_letters"][1]["text"] == "mail to a@example.com: 80 % are used"
    assert [(each["title"], each["text"]) for each in found["notices"]] == [
        ("a drift", "Look at it."),
        ("a problem", "It is this."),
    ]


def test_every_documented_setting_is_shown_in_the_order_of_the_documentation(functions: Functions) -> None:
    assert list(settings(functions)) == [name for name in DOCUMENTED if name not in OF_THE_MACHINE]


def test_settings_are_shown_as_they_are_and_secrets_only_as_set(
    set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = {
        "GWI_GRACE_DAYS": "3",
        "GWI_CORS_ORIGINS": "https://a.example.com,https://b.example.com",
        "GWI_MAIL_FROM": "usage@example.com",
    }
    for name, value in {**SECRETS, **plain, "GWI_FORENSICS_ENABLED": "1"}.items():
        monkeypatch.setenv(name, value)
    functions = set_up()
    shown = settings(functions)
    assert {shown[name] for name in SECRETS} == {"set"}
    assert shown["GWI_GRACE_DAYS"] == "3"
    assert shown["GWI_CORS_ORIGINS"] == "https://a.example.com, https://b.example.com"
    assert shown["GWI_FORENSICS_ENABLED"] == "on"
    text = functions.get(functions.create_platform_key(), "/platform/system").get_data(as_text=True)
    for secret in ("0123456789abcdef", "fedcba", "hunter22"):
        assert secret not in text


def test_what_is_not_set_says_so(functions: Functions) -> None:
    shown = settings(functions)
    assert {shown[name] for name in (*SECRETS, "GWI_AUTO_TENANTS", "GWI_CORS_ORIGINS")} == {"not set"}
    assert (shown["GWI_TICK_TOPIC"], shown["GWI_EVENT_RETENTION_DAYS"]) == ("usage-tick", "90")
    assert (shown["GWI_LOCAL_WEBHOOKS"], shown["GWI_METERING_ENABLED"]) == ("off", "on")
