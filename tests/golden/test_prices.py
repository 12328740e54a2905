"""Golden behaviours of prices: M17 (unknown is not 0), M20 (sums are exact), T1, T10 (what is left out is said)."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.audit import Change
from shared.domain.prices.catalog import catalog_version, resolve_provider
from shared.domain.prices.costs import EventCost
from shared.domain.prices.money import nanousd_from_decimal, usd_string
from shared.domain.prices.priced_models import Price
from shared.domain.prices.pricing import UNKNOWN_PRICE, price_of
from shared.domain.prices.token_pools import CallUsage, TokenPools
from shared.usecases.people.manage_tenants import set_takes_estimates
from shared.usecases.prices.manage_prices import addition, change_prices
from shared.usecases.prices.read_prices import REMEMBERED_FOR
from tests.http.serving import Functions, Json
from tests.sample_events import costing, llm_call

CASES = json.loads(Path(__file__).with_name("cases").joinpath("prices.json").read_text("utf-8"))
NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)


def cases(group: str) -> list[Any]:
    return [
        pytest.param(case, id="-".join((*case.get("behaviour", "").split(), case["name"])))
        for case in CASES[group]
    ]


def cost(case: dict[str, Any]) -> Price:
    """Return the cost of the case's call at its time, or today."""
    at = datetime.fromisoformat(case["at"]) if "at" in case else NOW
    pools = {"total": case["pools"]["input"] + case["pools"]["output"]} | case["pools"]
    usage = CallUsage(TokenPools(**pools), case.get("other_units", {}))
    return price_of(resolve_provider(case["provider"]), case["model"], at, usage)


def worked_out_nanousd(case: dict[str, Any]) -> int:
    """Return the sum of tokens x USD per million tokens, and of calls x USD per thousand calls."""
    tokens_usd = sum(Decimal(usd) * tokens / 10**6 for tokens, usd in case["mtok"])
    calls_usd = sum(Decimal(usd) * calls / 10**3 for calls, usd in case.get("kcount", []))
    return nanousd_from_decimal(Decimal(tokens_usd + calls_usd))


@pytest.mark.parametrize("case", cases("priced"))
def test_a_call_has_the_price_of_its_day(case: dict[str, Any]) -> None:
    priced = cost(case)
    assert priced == Price(worked_out_nanousd(case), catalog_version())
    assert usd_string(worked_out_nanousd(case)) == case["usd"]


@pytest.mark.parametrize("case", cases("unpriced"))
def test_an_unknown_price_is_unknown_and_not_zero(case: dict[str, Any]) -> None:
    assert cost(case) == UNKNOWN_PRICE


@pytest.mark.parametrize("case", cases("incomplete"))
def test_a_part_without_a_price_is_named_and_the_rest_priced(case: dict[str, Any]) -> None:
    whole = cost(case | {"other_units": {}})
    assert whole.nanousd is not None
    assert cost(case) == whole._replace(unpriced=tuple(case["unpriced"]))


@pytest.mark.parametrize("case", cases("local"))
def test_a_local_model_costs_nothing_by_rule(case: dict[str, Any]) -> None:
    assert cost(case) == Price(0, "local")


@pytest.mark.parametrize("case", cases("sums"))
def test_amounts_add_up_exactly(case: dict[str, Any]) -> None:
    each_nanousd = nanousd_from_decimal(Decimal(case["usd_each"]))
    assert usd_string(sum([each_nanousd] * case["times"])) == case["usd"]


def test_estimates_are_switched_off_for_the_deployment_or_for_a_tenant(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event: dict[str, object] = {"category": "llm", "provider": "openai", "model": "gpt-5"}
    event |= {"tokens": {"input_tokens": 1_000, "output_tokens": 0}, "cost_usd_estimate": "0.5"}
    monkeypatch.setenv("GWI_CLIENT_ESTIMATES", "off")
    catalog_usd = usd_string(1_000 * 1_250)
    directory = functions.containers["record_usage"].directory
    for number, (instance, takes, usd) in enumerate(
        [
            (functions, None, "0.50"),
            (functions.another(), None, catalog_usd),
            (functions.another(), True, "0.50"),
        ]
    ):
        set_takes_estimates(directory, "acme", takes, Change("admin:test", NOW))
        instance.record(key, {**event, "id": f"e{number}"})
        stored = next(each for each in functions.events(key) if each["id"] == f"e{number}")
        assert (stored["cost_usd"], stored["cost_status"]) == (usd, "client" if usd == "0.50" else "exact")


EXACT = EventCost("exact", 72_000, "genai-prices 0.2.3")
FREE = EventCost("exact", 0, "local")
ESTIMATED = EventCost("client", 30_000, "client")
INCOMPLETE = EventCost("incomplete", 50_000, "genai-prices 0.2.3", ("usage.server_tool_use.code_executions",))
UNREAD = EventCost("incomplete", None, None, ("usage",))
UNKNOWN = EventCost("unknown")


@pytest.mark.parametrize(
    ("costs", "status"),
    [
        ((EXACT, FREE), "complete"),
        ((EXACT, ESTIMATED), "complete"),
        ((EXACT, UNKNOWN), "incomplete"),
        ((ESTIMATED, INCOMPLETE), "incomplete"),
        ((INCOMPLETE,), "incomplete"),
        ((UNKNOWN, UNKNOWN), "unknown"),
        ((UNKNOWN, FREE), "unknown"),
        ((UNREAD,), "unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(str(cost.status) for cost in value),
)
@pytest.mark.parametrize("is_folded", [False, True], ids=["live", "folded"])
def test_t10_a_sum_that_leaves_something_out_says_so_wherever_it_stands(
    costs: Sequence[EventCost], status: str, is_folded: bool, functions: Functions, key: str
) -> None:
    store_on_two_days(functions, costs)
    if is_folded:
        functions.tick()
    said = cost_status_by_place(functions, key)
    assert said == dict.fromkeys(said, status)


def store_on_two_days(functions: Functions, costs: Sequence[EventCost]) -> None:
    """Store a run with these costs today and three days ago: a forecast needs two days."""
    now = functions.clock.now
    events: list[RecordedEvent] = [
        costing(llm_call(f"{ts:%d}-{number}", ts=ts, run_id="run-1"), cost)
        for ts in (now - timedelta(days=3), now)
        for number, cost in enumerate(costs)
    ]
    container = functions.container("usage_api")
    tenant = container.directory.find_tenant("acme")
    assert tenant is not None
    container.ledger.record(tenant, events, now)


def cost_status_by_place(functions: Functions, key: str) -> Json:
    """Return the cost status of each place in the API that shows a cost."""
    page = functions.read(key, "/tenants/acme/usage")
    aggregate, series = page["aggregate"], "/tenants/acme/usage/series"
    rows = {
        **{f"day {row['date']}": row for row in page["daily"]},
        **{f"series {row['model']}": row for row in aggregate["series"]},
        **{f"by_provider {name}": row for name, row in aggregate["by_provider"].items()},
        **{f"by_model {name}": row for name, row in aggregate["by_model"].items()},
        "aggregate": aggregate,
        "forecast": page["forecast"],
        "listed run": functions.read(key, "/tenants/acme/runs")["runs"][0],
        "run": functions.read(key, "/tenants/acme/runs/run-1"),
    }
    for query in ("granularity=day", "granularity=hour&group_by=model"):
        points = functions.read(key, f"{series}?fill=none&{query}")["points"]
        text = functions.get(key, f"{series}?format=csv&fill=none&{query}").get_data(as_text=True)
        lines = csv.DictReader(io.StringIO(text, newline=""))
        rows |= {f"point {query} {point['start']}": point for point in points}
        rows |= {f"line {query} {line['start']}": line for line in lines}
    return {place: row["cost_status"] for place, row in rows.items()}


def test_t5_client_provider_tenant_platform_catalog_is_the_order_of_prices(
    functions: Functions, key: str
) -> None:
    call: dict[str, object] = {"category": "llm", "provider": "openrouter", "model": "openai/gpt-4.1-mini"}
    usage: dict[str, object] = {"prompt_tokens": 1_000, "completion_tokens": 0}
    free = {**call, "response": {"choices": [], "usage": usage}}
    billed = {**call, "response": {"choices": [], "usage": {**usage, "cost": 0.5}}}
    estimated = {**billed, "cost_usd_estimate": "0.7"}
    books = functions.containers["record_usage"].price_books
    expected = []
    for tenant, usd in (("", "2"), ('tenant = "acme"', "3")):
        expected.append(recorded_at(functions, key, free))
        text = f'[[price]]\nprovider = "openrouter"\nmodel = "openai/gpt-4.1-mini"\nfrom = "2026-01-01"\n{tenant}\n'
        price = f'{text}per_million = {{ input = "{usd}", output = "0" }}\n'
        change_prices(books, addition(price), Change("admin:test", NOW))
        functions.clock.now += REMEMBERED_FOR
    expected.append(recorded_at(functions, key, free))
    assert expected == [
        (usd_string(1_000 * 400), catalog_version()),
        (usd_string(1_000 * 2_000), "book:1"),
        (usd_string(1_000 * 3_000), "book:2"),
    ]
    assert recorded_at(functions, key, billed) == ("0.50", "provider")
    assert recorded_at(functions, key, estimated) == ("0.70", "client")


def recorded_at(functions: Functions, key: str, event: dict[str, object]) -> tuple[str, str]:
    """Record the event, and return its cost and the source of its price."""
    (event_id,) = functions.record(key, event)["ids"]
    stored = next(each for each in functions.events(key) if each["id"] == event_id)
    return stored["cost_usd"], stored["price_source"]
