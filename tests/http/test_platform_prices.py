"""The platform's prices by API: read, tried and replaced, with what that does to this month's margins."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from shared.domain.billing.margins import Margin, TenantMargin
from shared.domain.ledger.counters import Series, Totals
from shared.domain.people.audit import Change
from shared.domain.prices.price_book import MAX_ENTRIES
from shared.domain.prices.price_file import format_prices
from shared.stores import process_memory
from shared.usecases.billing import estimate_prices
from shared.usecases.people.operators import add_operator
from shared.usecases.prices.manage_prices import read_book
from shared.usecases.prices.read_prices import REMEMBERED_FOR
from tests.http.conftest import NOON
from tests.http.serving import Functions, Json, refused, succeeded

PATH, TRY = "/platform/prices", "/platform/prices?dry_run=true"
USD, MILLION, CENTS = 10**9, 10**6, 10**7
BOT = Series("hosted", "bot")
PRICE: Json = {"provider": "hosted", "model": "bot", "starts": "2026-11-01", "per_million": {"input": "1"}}
SHOWN: Json = {
    "tenant_id": None,
    "model": None,
    "model_prefix": None,
    "per_million": {},
    "per_unit": {},
    "percent": None,
    "same_as": None,
}
FIRST: Json = {**PRICE, "provider": "a"}


def operator_of(functions: Functions, name: str = "olga") -> str:
    token = functions.sign_in(f"{name}@example.com", role=None)
    store = process_memory()
    add_operator(store, store, f"{name}@example.com", Change("admin:op", functions.clock.now))
    return token


@pytest.fixture
def operator(functions: Functions) -> str:
    return operator_of(functions)


def put(functions: Functions, caller: str, *prices: Json, version: int = 0, path: str = PATH) -> Any:
    return functions.send("PUT", caller, path, {"version": version, "prices": prices})


def margin(name: str, revenue_cents: int, input_tokens: int, cost_cents: int) -> TenantMargin:
    totals: Totals = {"calls": 1, "input_tokens": input_tokens, "total_tokens": input_tokens}
    money = Margin(revenue_nanousd=revenue_cents * CENTS, cost_nanousd=cost_cents * CENTS)
    return TenantMargin(
        month=date(2026, 11, 1),
        tenant_id=name,
        name=name,
        plan="starter",
        margin=money,
        series={BOT: totals},
        computed_at=NOON,
    )


def test_there_are_no_prices_at_first(functions: Functions, operator: str) -> None:
    assert functions.read(operator, PATH) == {"version": 0, "prices": []}


def test_prices_are_stored_as_they_were_sent_and_can_be_sent_back(
    functions: Functions, operator: str
) -> None:
    same = {"provider": "vllm", "model": "x", "same_as": "openai/gpt-4.1"}
    prices: tuple[Json, ...] = (
        {**PRICE, "per_million": {"input": "2.50", "output": "0.000000000001"}, "per_unit": {"images": "1"}},
        {**same, "starts": "2026-11-01"},
        {**same, "starts": "2026-12-01", "percent": "100"},
        {**SHOWN, "tenant_id": "acme", "provider": "hosted", "model_prefix": "b", "starts": "2026-11-01"}
        | {"percent": "-15"},
    )
    changed = succeeded(put(functions, operator, *reversed(prices)))
    shown = [{**SHOWN, **each} for each in prices]
    shown[0]["per_million"]["input"] = "2.5"
    assert (changed["version"], changed["added"], changed["removed"]) == (1, shown, [])
    read = functions.read(operator, PATH)
    assert read == {"version": 1, "prices": shown}
    again = succeeded(functions.send("PUT", operator, PATH, read))
    assert (again["version"], again["added"], again["removed"]) == (1, [], [])


def test_a_stored_price_holds_for_what_is_recorded_afterwards(functions: Functions, operator: str) -> None:
    key = functions.create_tenant("acme")
    succeeded(put(functions, operator, PRICE))
    functions.clock.pass_by(REMEMBERED_FOR)
    call = {
        "category": "llm",
        "provider": "hosted",
        "model": "bot",
        "tokens": {"input_tokens": 2 * MILLION, "output_tokens": 0},
    }
    functions.record(key, call)
    (event,) = functions.events(key)
    assert (event["cost_usd"], event["price_source"]) == ("2.00", "book:1")


def test_a_dry_run_changes_nothing_and_says_what_the_change_says(functions: Functions, operator: str) -> None:
    process_memory().save_margins([margin("acme", 0, MILLION, 0)])
    tried = succeeded(put(functions, operator, PRICE, path=TRY))
    assert functions.read(operator, PATH)["version"] == 0
    assert read_audit(functions, operator) == ["operator.added"]
    assert succeeded(put(functions, operator, PRICE)) == tried
    assert tried["effect"] == {
        "tenants": 1,
        "cost_before_usd": "0.00",
        "cost_after_usd": "1.00",
        "negative_before": 0,
        "negative_after": 1,
        "is_cut": False,
        "sentences": [
            "1 tenant used these models this month: $1.00 at the new prices, $0.00 at the present ones.",
            "1 tenant would have a negative margin this month, none has one now.",
            "hosted/bot: without a price now, so the cost before counts as $0.00.",
        ],
    }


def read_audit(functions: Functions, caller: str) -> list[str]:
    return [each["action"] for each in functions.read(caller, "/platform/audit")["entries"]]


def test_a_price_that_makes_the_margins_of_3000_tenants_negative_is_seen_before(
    functions: Functions, operator: str
) -> None:
    succeeded(put(functions, operator, PRICE))
    # Each has used 10 million tokens: $10 at this price. 3,000 paid $29, which pay for $29 and not for $30;
    # 12 of them paid nothing yet, and 1,000 paid $99.
    store = process_memory()
    store.save_margins([margin(f"s{n}", 0 if n < 12 else 29_00, 10 * MILLION, 10_00) for n in range(3_000)])
    store.save_margins([margin(f"p{n}", 99_00, 10 * MILLION, 10_00) for n in range(1_000)])
    dearer = {**PRICE, "per_million": {"input": "3"}}
    effect = succeeded(put(functions, operator, dearer, version=1, path=TRY))["effect"]
    assert effect == {
        "tenants": 4_000,
        "cost_before_usd": "40000.00",
        "cost_after_usd": "120000.00",
        "negative_before": 12,
        "negative_after": 3_000,
        "is_cut": False,
        "sentences": [
            "4,000 tenants used these models this month: $120,000.00 at the new prices, $40,000.00 at the "
            "present ones.",
            "3,000 tenants would have a negative margin this month, 12 have one now.",
        ],
    }


def test_more_tenants_than_are_looked_at_are_said(
    functions: Functions, operator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate_prices, "MOST_TENANTS", 3)
    process_memory().save_margins([margin(f"t{number}", 0, MILLION, 0) for number in range(3)])
    assert not succeeded(put(functions, operator, PRICE, path=TRY))["effect"]["is_cut"]
    process_memory().save_margins([margin("t4", 0, MILLION, 0)])
    effect = succeeded(put(functions, operator, PRICE, path=TRY))["effect"]
    assert (effect["tenants"], effect["is_cut"]) == (3, True)
    assert effect["sentences"][-1] == "Only the first 3 tenants were looked at."


def test_tenants_own_prices_are_estimated_without_looking_at_the_others(
    functions: Functions, operator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate_prices, "MOST_TENANTS", 0)
    process_memory().save_margins([margin(name, 0, MILLION, 0) for name in ("acme", "bolt")])
    effect = succeeded(put(functions, operator, {**PRICE, "tenant_id": "acme"}, path=TRY))["effect"]
    assert (effect["tenants"], effect["cost_after_usd"], effect["is_cut"]) == (1, "1.00", False)


@pytest.mark.parametrize("path", [PATH, TRY])
def test_the_second_of_two_operators_is_refused(path: str, functions: Functions, operator: str) -> None:
    second = operator_of(functions, "otto")
    read = functions.read(second, PATH)["version"]
    succeeded(put(functions, operator, PRICE))
    refused(put(functions, second, version=read, path=path), 409, "changed_meanwhile")
    assert len(functions.read(second, PATH)["prices"]) == 1
    assert succeeded(put(functions, second, version=1))["removed"] == [{**SHOWN, **PRICE}]


def test_a_change_is_in_the_platforms_audit_log_with_its_author_and_reason(
    functions: Functions, operator: str
) -> None:
    body = {"version": 0, "prices": [PRICE], "reason": "contract of November"}
    succeeded(functions.send("PUT", operator, PATH, body))
    (entry, _) = functions.read(operator, "/platform/audit")["entries"]
    named = {name: entry[name] for name in ("actor", "actor_kind", "action", "before", "reason")}
    assert named == {
        "actor": "operator:olga@example.com",
        "actor_kind": "operator",
        "action": "prices.version_1",
        "before": None,
        "reason": "contract of November",
    }
    assert entry["after"] == format_prices(read_book(process_memory()).entries)


@pytest.mark.parametrize(
    ("price", "problems"),
    [
        ({"percent": "5"}, [("per_million", "price_without_amount")]),
        ({"per_million": {}}, [("per_million", "price_without_amount")]),
        ({"per_million": {"inputs": "1"}}, [("per_million.inputs", "unknown_unit")]),
        ({"per_million": {"input": "-1"}}, [("per_million.input", "string_pattern_mismatch")]),
        ({"per_million": {"input": 1.5}}, [("per_million.input", "string_type")]),
        ({"per_million": {"input": "1000001"}}, [("per_million.input", "invalid_amount")]),
        ({"model_prefix": "b"}, [("model", "price_for_nobody")]),
        ({"model": None}, [("model", "price_for_nobody")]),
        ({"provider": " "}, [("provider", "invalid_name")]),
        ({"tenant_id": " "}, [("tenant_id", "invalid_name")]),
        ({"starts": "2026-02-31"}, [("starts", "value_error")]),
        ({"starts": "1.11.2026"}, [("starts", "string_pattern_mismatch")]),
        ({"colour": "red"}, [("colour", "extra_forbidden")]),
        ({"per_million": {}, "percent": "-101"}, [("percent", "invalid_percent")]),
        ({"per_million": {}, "same_as": "gpt"}, [("same_as", "invalid_name")]),
        (FIRST, [("starts", "two_prices")]),
    ],
)
def test_a_wrong_price_is_named_by_its_index_and_field_and_nothing_changes(
    price: Json, problems: Sequence[tuple[str, str]], functions: Functions, operator: str
) -> None:
    for path in (PATH, TRY):
        found = refused(put(functions, operator, FIRST, {**PRICE, **price}, path=path), 422)["errors"]
        assert [(each["index"], each["field"], each["code"]) for each in found] == [
            (1, *problem) for problem in problems
        ]
        assert found[0]["message"].startswith("prices.1")
    assert functions.read(operator, PATH)["version"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prices": []}, "version"),
        ({"version": 0}, "prices"),
        ({"version": 0, "prices": [7]}, "prices"),
        ({"version": 0, "prices": [PRICE] * (MAX_ENTRIES + 1)}, "prices"),
        ({"version": 0, "prices": [], "reason": "x" * 501}, "reason"),
    ],
)
def test_a_wrong_body_is_refused_by_its_field(
    body: Mapping[str, Any], field: str, functions: Functions, operator: str
) -> None:
    found = refused(functions.send("PUT", operator, PATH, body), 422)["errors"]
    assert found[0]["field"] == field


def test_the_largest_book_fits_into_a_request(functions: Functions, operator: str) -> None:
    kinds = ("input", "output", "cache_read", "cache_write", "output_reasoning")
    long = {"tenant_id": "t" * 64, "provider": "p" * 64, "model_prefix": "m" * 128, "starts": "2026-11-01"}
    rates = dict.fromkeys(kinds, "123.456789")
    prices = [{**long, "tenant_id": f"t{number}", "per_million": rates} for number in range(MAX_ENTRIES)]
    assert len(succeeded(put(functions, operator, *prices))["added"]) == MAX_ENTRIES
    assert len(functions.read(operator, PATH)["prices"]) == MAX_ENTRIES


def test_many_problems_are_cut(functions: Functions, operator: str) -> None:
    document = refused(put(functions, operator, *[{**PRICE, "percent": "1"}] * 300), 422)
    assert (len(document["errors"]), document["truncated"]) == (100, True)


def test_prices_are_tried_and_changed_on_firestore(functions_on_firestore: Functions) -> None:
    functions = functions_on_firestore
    key = functions.create_platform_key()
    functions.clock.pass_by(timedelta(minutes=1))
    functions.container("usage_api").margins.save_margins(
        [margin("acme", 29_00, 10 * MILLION, 10_00), margin("bolt", 0, MILLION, 1_00)]
    )
    tried = succeeded(put(functions, key, PRICE, path=TRY))
    assert tried["effect"]["negative_before"] == 1
    assert succeeded(put(functions, key, PRICE)) == tried
    assert functions.read(key, PATH) == {"version": 1, "prices": [{**SHOWN, **PRICE}]}
    refused(put(functions, key, version=0), 409, "changed_meanwhile")
    assert [each["action"] for each in functions.read(key, "/platform/audit")["entries"]] == [
        "prices.version_1",
        "key.created",
    ]
