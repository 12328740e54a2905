"""The admin tool and what an operator decides by hand: grants, a tenant's own limits, its end."""

import os
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.domain.errors import NotAuthenticated
from shared.domain.limits.plans import MAX_LIMIT
from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.tools.admin_calls import CREATE, Capture, access, failed, memory, run
from tests.tools.test_admin_stripe import acme as subscriber
from tests.tools.test_admin_stripe import client, double
from tools.admin.__main__ import main

__all__ = ["client", "double", "memory", "subscriber"]
pytestmark = pytest.mark.usefixtures("memory")

GRANT = ("tenant", "grant", "--id", "acme")
SET = ("tenant", "set-limits", "--id", "acme")
FOREVER = ("--until", "never", "--reason", "pilot")


def show(capture: Capture) -> dict[str, Any]:
    return run(capture, "tenant", "show", "--id", "acme")


def says_and_ends_with_2(capture: Capture, *arguments: str) -> str:
    """Return the complaint about a wrong call."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    return capture.readouterr().err


def test_a_grant_raises_the_limits_until_it_is_revoked(capsys: Capture) -> None:
    run(capsys, *CREATE)
    plan = run(capsys, *GRANT, "--plan", "pro", *FOREVER)
    assert plan["grant"]["id"].startswith("gr_")
    assert plan["grant"] == {
        "id": plan["grant"]["id"],
        "plan": "professional",
        "plan_version": 1,
        "tokens": None,
        "runs": None,
        "until": "never",
        "reason": "pilot",
    }
    assert plan["limits"] == {
        "tokens": 2_000_000,
        "runs": 500,
        "provider_cost_usd": "unlimited",
        "requests_per_minute": 60,
        "soft_percent": 80,
        "hard_percent": 100,
    }
    tokens = run(capsys, *GRANT, "--tokens", "100000", *FOREVER)
    runs = run(capsys, *GRANT, "--runs", "7", *FOREVER)
    assert (tokens["limits"]["tokens"], runs["limits"]["runs"]) == (2_100_000, 507)
    shown = show(capsys)
    assert shown["tenant"]["grants"] == sorted(
        (each["grant"] for each in (plan, tokens, runs)), key=lambda each: str(each["id"])
    )
    assert (shown["limits"], shown["status"]["tokens_remaining"]) == (runs["limits"], 2_100_000)
    revoke = ("tenant", "revoke-grant", "--id", "acme", "--grant")
    revoked = run(capsys, *revoke, plan["grant"]["id"], "--reason", "pilot is over")
    assert revoked["revoked"] == plan["grant"]
    assert (revoked["limits"]["tokens"], revoked["limits"]["runs"]) == (150_000, 17)
    trail = trail_of(process_memory())[1:]
    assert [each.action for each in trail] == [*3 * ["grant.given"], "grant.revoked"]
    assert [each.reason for each in trail] == [*3 * ["pilot"], "pilot is over"]
    assert all(each.actor.startswith("admin:") for each in trail)


def test_a_grant_lasts_to_the_end_of_its_last_day_in_utc(capsys: Capture) -> None:
    run(capsys, *CREATE)
    today = datetime.now(UTC).date()
    for day in (today, date(9999, 12, 30)):
        granted = run(capsys, *GRANT, "--runs", "1", "--until", f"{day}", "--reason", "pilot")
        assert granted["grant"]["until"] == f"{day + timedelta(days=1)}T00:00:00+00:00"


def test_for_people_a_grant_and_the_limits_are_lines(capsys: Capture) -> None:
    main(CREATE)
    main([*GRANT, "--runs", "1", *FOREVER])
    capsys.readouterr()
    assert main(["tenant", "show", "--id", "acme"]) == 0
    printed = capsys.readouterr().out
    assert "grants: 1" in printed
    assert "never  pilot" in printed


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--runs", "1", "--until", "2020-01-01", "--reason", "x"), "until 2020-01-02 00:00 UTC has passed"),
        (("--tokens", f"{2**60}", *FOREVER), "tokens is 1,152,921,504,606,846,976, but a grant is 1 to"),
        (("--tokens", "0", *FOREVER), "tokens is 0, but a grant is 1 to"),
        (("--plan", "gold", *FOREVER), "plan 'gold' does not exist; the plans are free, starter"),
        (("--runs", "1", "--until", "never", "--reason", " "), "reason is empty: say why the grant is given"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_a_grant_that_makes_no_sense_is_refused_in_a_sentence(
    asked: tuple[str, ...], says: str, capsys: Capture
) -> None:
    run(capsys, *CREATE)
    complaint = failed(capsys, *GRANT, *asked)
    assert complaint.startswith("invalid_input: ")
    assert says in complaint
    assert show(capsys)["tenant"]["grants"] == []


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (
            ("--runs", "1", "--until", "2027-02-30", "--reason", "x"),
            "'2027-02-30' is not a day like 2027-06-30",
        ),
        (
            ("--runs", "1", "--until", "soon", "--reason", "x"),
            "'soon' is not a day like 2027-06-30, and not `never`",
        ),
        (("--runs", "1", "--until", "9999-12-31", "--reason", "x"), "'9999-12-31' is not a day like"),
        (("--runs", "1.5", *FOREVER), "'1.5' is not a whole number"),
        (("--tokens", "9" * 5_000, *FOREVER), "is not a whole number"),
        (("--tokens", "unlimited", *FOREVER), "'unlimited' is not a whole number"),
        (("--runs", "1", "--tokens", "1", *FOREVER), "not allowed with argument"),
        (FOREVER, "one of the arguments --plan --tokens --runs is required"),
        (("--runs", "1", "--until", "never"), "the following arguments are required: --reason"),
        (("--runs", "1", "--reason", "x"), "the following arguments are required: --until"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_a_wrong_call_about_a_grant_ends_with_2(asked: tuple[str, ...], says: str, capsys: Capture) -> None:
    run(capsys, *CREATE)
    assert says in says_and_ends_with_2(capsys, *GRANT, *asked)
    assert show(capsys)["tenant"]["grants"] == []


def test_an_unknown_grant_is_named(capsys: Capture) -> None:
    run(capsys, *CREATE)
    complaint = failed(capsys, "tenant", "revoke-grant", "--id", "acme", "--grant", "gr_1")
    assert complaint == "not_found: tenant 'acme' has no grant 'gr_1'\n"


def test_m31_limits_are_set_and_taken_back_one_by_one(capsys: Capture) -> None:
    run(capsys, *CREATE)
    named = (
        "--tokens",
        "750000",
        "--runs",
        "unlimited",
        "--provider-cost-usd",
        "99.5",
        "--requests-per-minute",
        "5",
    )
    percents = ("--soft-percent", "70", "--hard-percent", "120")
    answer = run(capsys, *SET, *named, *percents, "--reason", "contract")
    assert answer["limits"] == {
        "tokens": 750_000,
        "runs": "unlimited",
        "provider_cost_usd": "99.50",
        "requests_per_minute": 5,
        "soft_percent": 70,
        "hard_percent": 120,
    }
    assert show(capsys)["tenant"]["limits"] == answer["limits"]
    stored = process_memory().find_tenant("acme")
    assert stored is not None
    assert (stored.overrides.runs, stored.overrides.cost_nanousd) == (MAX_LIMIT, 99_500_000_000)
    for word in ("unlimited", "default"):
        assert run(capsys, *SET, "--provider-cost-usd", word)["limits"]["provider_cost_usd"] == "unlimited"
    back = run(capsys, *SET, "--runs", "default", "--hard-percent", "default")["limits"]
    assert (back["tokens"], back["runs"], back["hard_percent"]) == (750_000, 10, 100)
    entry = trail_of(process_memory())[1]
    assert (entry.action, entry.reason) == ("limits.changed", "contract")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ((), "nothing to set: name at least one of tokens, runs"),
        (("--tokens", f"{2**60}"), "tokens is 1,152,921,504,606,846,976, but must lie in 0 to"),
        (("--requests-per-minute", f"{2**60}"), "requests_per_minute is 1,152,921,504,606,846,976"),
        (("--soft-percent", "0"), "soft_percent is 0, but must lie in 1 to 1,000"),
        (
            ("--provider-cost-usd", "10000000"),
            "provider_cost_usd is $10,000,000.00, but must lie in $0.00 to $9,007,199.254740992",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_limits_that_make_no_sense_are_refused_in_a_sentence(
    asked: tuple[str, ...], says: str, capsys: Capture
) -> None:
    run(capsys, *CREATE)
    assert says in failed(capsys, *SET, *asked)
    assert show(capsys)["tenant"]["limits"] == {}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--tokens", "many"), "'many' is not a whole number, `unlimited` or `default`"),
        (("--tokens", "-1"), "'-1' is not a whole number"),
        (("--hard-percent", "unlimited"), "'unlimited' is not a whole number, `default`"),
        (("--provider-cost-usd", "1e3"), "'1e3' is not an amount in USD like 99.50"),
        (
            ("--provider-cost-usd", "0.0000000001"),
            "is not an amount in USD like 99.50 with at most nine decimals",
        ),
        (("--provider-cost-usd=-1",), "'-1' is not an amount in USD"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_call_about_limits_ends_with_2(asked: tuple[str, ...], says: str, capsys: Capture) -> None:
    assert says in says_and_ends_with_2(capsys, *SET, *asked)


def test_the_help_says_what_unlimited_is(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["tenant", "set-limits", "--help"])
    assert "unlimited is 9,007,199,254,740,992" in " ".join(capsys.readouterr().out.lower().split())


def test_end_revokes_the_keys_and_says_what_it_did(capsys: Capture) -> None:
    secret = run(capsys, *CREATE, "--plan", "starter")["api_key"]
    grant = run(capsys, *GRANT, "--tokens", "5", *FOREVER)["grant"]
    answer = run(capsys, "tenant", "end", "--id", "acme", "--reason", "contract ended")
    assert answer == {
        "tenant_id": "acme",
        "plan": "free",
        "canceled_subscriptions": [],
        "revoked_grants": [grant["id"]],
        "revoked_keys": 1,
    }
    with pytest.raises(NotAuthenticated):
        access(secret)
    assert show(capsys)["tenant"]["grants"] == []


def test_end_cancels_the_subscription_in_stripe(subscriber: str, client: Any, capsys: Capture) -> None:
    assert os.environ["STRIPE_API_KEY"]
    run(capsys, "stripe", "reconcile", "--repair")
    answer = run(capsys, "tenant", "end", "--id", subscriber)
    (canceled,) = client.v1.subscriptions.list({"status": "all", "limit": 9}).data
    assert (answer["canceled_subscriptions"], canceled.status) == ([canceled.id], "canceled")
    assert run(capsys, "stripe", "reconcile")["drift"] == []
    assert (show(capsys)["tenant"]["plan"], show(capsys)["billing"]["status"]) == ("free", "canceled")
