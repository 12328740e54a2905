"""The overview of the service: computed by ticks, read by operators."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from shared.adapters.firestore import FirestoreRpc, rpc
from shared.domain.errors import Unavailable
from shared.domain.notices.entries import Outgoing
from shared.domain.people.audit import Change
from shared.ports import Margins
from shared.stores import process_memory
from shared.usecases.people.operators import add_operator
from tests.contracts.test_outbox import ENTRIES
from tests.http.conftest import NOON
from tests.http.serving import Clock, Functions, Json

MINUTE = timedelta(minutes=1)
TOKENS = {"input_tokens": 1000, "output_tokens": 10}
CALL: Json = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "tokens": TOKENS}
UNKNOWN: Json = {**CALL, "provider": "acme-ai", "model": "one"}


@pytest.fixture
def operator(functions: Functions) -> str:
    """An ID token of an operator."""
    token = functions.sign_in("olga@example.com", role=None)
    store = process_memory()
    add_operator(store, store, "olga@example.com", Change("admin:op", functions.clock.now))
    return token


def overview(functions: Functions, token: str) -> Json:
    return functions.read(token, "/platform/overview")


def test_before_the_first_tick_nothing_is_computed(functions: Functions, operator: str) -> None:
    assert overview(functions, operator) == {
        "computed_at": None,
        "last_tick_at": None,
        "fold_lag_seconds": 0,
        "tenants": None,
        "money": None,
        "events_per_minute": None,
        "stripe_failures": 0,
        "dead_letters": 0,
        "outbox": None,
        "models": [],
    }


def test_a_tick_computes_the_overview(functions: Functions, operator: str) -> None:
    for tenant_id in ("acme", "bolt"):
        functions.record(functions.create_tenant(tenant_id), *[CALL] * 20, UNKNOWN)
    functions.tick()
    shown = overview(functions, operator)
    assert (shown["computed_at"], shown["last_tick_at"]) == ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z")
    counts = {name for name, number in shown["tenants"].items() if number}
    assert counts == {"total", "active"}
    assert shown["tenants"]["total"] == 2
    assert shown["outbox"] == {"due": 0, "oldest_due_at": None, "failed": 0}
    # Since midnight, but never over more than a quarter of an hour.
    assert shown["events_per_minute"] == 2 * 21 / 15
    money = shown["money"]
    assert (money["month"], money["unpriced_calls"], money["is_complete"]) == ("2026-11", 2, False)
    assert money["other_currency_invoices"] == 0
    assert money["margin_usd"] == f"-{money['provider_cost_usd']}"
    assert shown["models"] == [
        {"provider": "acme-ai", "model": "one", "unpriced_calls": 2, "incomplete_calls": 0, "tenants": 2},
    ]


def test_it_is_computed_every_five_minutes_and_the_last_tick_is_reported_at_once(
    functions: Functions, operator: str, clock: Clock
) -> None:
    functions.tick()
    functions.create_tenant()
    computed = []
    for minute in range(1, 6):
        clock.pass_by(MINUTE)
        functions.tick()
        shown = overview(functions, operator)
        assert shown["last_tick_at"] == f"2026-11-20T12:0{minute}:00Z"
        computed.append((shown["computed_at"][14:16], shown["tenants"]["total"]))
    assert computed == [("00", 0)] * 4 + [("05", 1)]


def test_the_rate_of_a_tenant_that_has_stopped_ends_after_twenty_minutes(
    functions: Functions, operator: str, clock: Clock, key: str
) -> None:
    functions.record(key, CALL, CALL, CALL)
    functions.tick()
    rates = []
    for _ in range(5):
        rates.append(overview(functions, operator)["events_per_minute"])
        clock.pass_by(5 * MINUTE)
        functions.tick()
    assert rates == [0.2] * 5
    assert overview(functions, operator)["events_per_minute"] == 0


def test_a_message_that_folds_named_tenants_is_no_tick(functions: Functions, operator: str) -> None:
    functions.tick(["acme"])
    assert overview(functions, operator)["last_tick_at"] is None


@pytest.mark.parametrize("failure", [Unavailable("no answer"), KeyError("a bug")], ids=str)
def test_a_tick_is_done_although_the_overview_cannot_be_computed(
    functions: Functions, operator: str, key: str, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    store = process_memory()

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(store, Margins.sum_margins.__name__, fail)
    functions.record(key, CALL)
    assert functions.tick().status_code == 200
    assert functions.usage(key)["total_llm_calls"] == 1
    shown = overview(functions, operator)
    assert (shown["computed_at"], shown["last_tick_at"]) == (None, "2026-11-20T12:00:00Z")


@pytest.mark.parametrize("failure", [Unavailable("no answer"), KeyError("a bug")], ids=str)
def test_a_tick_is_done_although_it_cannot_be_kept(
    functions: Functions, operator: str, key: str, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(process_memory(), "add_tick", fail)
    functions.record(key, CALL)
    assert functions.tick().status_code == 200
    assert functions.usage(key)["total_llm_calls"] == 1
    shown = overview(functions, operator)
    assert (shown["computed_at"], shown["last_tick_at"]) == ("2026-11-20T12:00:00Z", None)


def test_a_tick_that_fails_is_reported_as_the_last_one_and_the_overview_is_computed(
    functions: Functions, operator: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions.record(key, CALL)
    store, save_day = process_memory(), process_memory().save_day
    functions.aggregate.application.config["PROPAGATE_EXCEPTIONS"] = False

    def fail(*_: object) -> None:
        raise Unavailable("no answer: api_key=abcdefghijklmnop")

    monkeypatch.setattr(store, "save_day", fail)
    assert functions.tick().status_code == 500
    monkeypatch.setattr(store, "save_day", save_day)
    shown = overview(functions, operator)
    assert (shown["last_tick_at"], shown["computed_at"]) == ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z")
    (tick,) = functions.read(operator, "/platform/system")["ticks"]
    assert tick["job"] == "fold"
    assert tick["error"] == "Unavailable: no answer: api_key=[redacted]"


def test_what_waits_and_what_was_given_up_is_counted(functions: Functions, operator: str) -> None:
    store = process_memory()
    failed = replace(ENTRIES["webhook"], next_attempt_at=NOON, created_at=NOON).failed("410 Gone")
    store.add_entries(Outgoing(entries=[failed]))
    functions.tick()
    shown = overview(functions, operator)
    assert (shown["dead_letters"], shown["outbox"]["failed"]) == (1, 1)


def test_a_key_without_the_scope_and_a_person_who_is_no_operator_see_nothing(functions: Functions) -> None:
    key = functions.create_platform_key("tenants:write")
    member = functions.sign_in("ada@example.com") if functions.create_tenant() else ""
    for path in ("/platform/overview", "/platform/system"):
        assert functions.get(key, path).status_code == 403
        assert functions.get(member, path).status_code == 404
        assert functions.get(None, path).status_code == 401


def test_on_firestore_computing_costs_what_the_costs_say(
    functions_on_firestore: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine takes longer than a request may wait.
    monkeypatch.setattr(rpc, "FirestoreRpc", partial(FirestoreRpc, give_up_after_seconds=60))
    container = functions_on_firestore.container("aggregate")
    with container.request() as operations:
        container.jobs.overview.refresh_if_due(NOON)
    assert (operations.reads, operations.writes) == (2 + 16, 1)
    with container.request() as operations, container.jobs.history.kept("fold", NOON):
        pass
    assert (operations.reads, operations.writes) == (1, 1)
    with container.request() as operations:
        container.jobs.overview.refresh_if_due(NOON)
    assert (operations.reads, operations.writes) == (2, 0)
