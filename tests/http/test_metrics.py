"""Every metric of the table is in every response about usage, with its value."""

import csv
import io

import pytest

from shared.domain.ledger.counters import METRICS, Metric, Totals
from shared.domain.ledger.usage import Detail
from tests.golden.test_aggregation import nanousd
from tests.http.serving import Functions, Json

AGGREGATE_NAMES = {
    "calls": "total_llm_calls",
    "tool_calls": "total_tool_calls",
    "errors": "total_errors",
    "latency_ms": "total_latency_ms",
}
TENANT = "/tenants/acme"
EACH_METRIC = pytest.mark.parametrize("metric", METRICS)
ROWS = ["SeriesRow", "DayRow", "SeriesPoint", "RunResponse"]


@pytest.fixture
def totals(functions: Functions, key: str) -> Totals:
    """Record one run in which each metric has a different value, and return its totals."""
    call = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "run_id": "run-1"}
    tokens = {"input_tokens": 1_000, "output_tokens": 200, "cache_read_tokens": 30, "reasoning_tokens": 5}
    functions.record(
        key,
        *({**call, "status": "error"} for _ in range(2)),
        *({**call, "category": "tool"} for _ in range(4)),
        {
            **call,
            "tokens": {**tokens, "cache_write_tokens": 40},
            "latency_ms": 7,
            "cost_usd_estimate": "0.01",
        },
        *({**call, "provider": "tomorrow-ai", "model": "t-1"} for _ in range(9)),
        # Streams that were cut off before they said anything.
        *({**call, "response_stream": []} for _ in range(3)),
    )
    container = functions.container("usage_api")
    tenant = container.directory.find_tenant("acme")
    assert tenant is not None
    found = container.ledger.current(tenant, Detail.TOTALS, functions.clock.now).usage.totals
    assert set(found) == set(METRICS), "this test has to record something of each metric"
    assert len(set(found.values())) == len(METRICS)
    return found


def value_of(row: Json, metric: Metric, *, is_aggregate: bool = False) -> int:
    """Return the value of a metric in a row of a response."""
    prefix = "total_" if is_aggregate else ""
    if metric == "cost_nanousd":
        return nanousd(row[f"{prefix}cost_usd"])
    if metric.endswith("_tokens"):
        count: int = row[f"{prefix}tokens"][metric.removesuffix("_tokens")]
        return count
    number: int = row[AGGREGATE_NAMES.get(metric, metric) if is_aggregate else metric]
    return number


@EACH_METRIC
def test_the_usage_page_has_it_in_total_by_series_and_by_day(
    metric: Metric, totals: Totals, functions: Functions, key: str
) -> None:
    page = functions.read(key, f"{TENANT}/usage")
    assert value_of(page["aggregate"], metric, is_aggregate=True) == totals[metric]
    assert sum(value_of(row, metric) for row in page["aggregate"]["series"]) == totals[metric]
    assert sum(value_of(row, metric) for row in page["daily"]) == totals[metric]


@EACH_METRIC
@pytest.mark.parametrize(
    "query", ["", "group_by=model", "granularity=hour", "granularity=hour&group_by=provider"]
)
def test_a_series_has_it_as_json_and_as_csv(
    metric: Metric, query: str, totals: Totals, functions: Functions, key: str
) -> None:
    points = functions.read(key, f"{TENANT}/usage/series?{query}")["points"]
    assert sum(value_of(point, metric) for point in points) == totals[metric]
    text = functions.get(key, f"{TENANT}/usage/series?format=csv&{query}").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    column = {"cost_nanousd": "cost_usd"}.get(metric, metric)
    numbers = [nanousd(row[column]) if column == "cost_usd" else int(row[column]) for row in rows]
    assert numbers == [value_of(point, metric) for point in points]


@EACH_METRIC
def test_a_run_has_it(metric: Metric, totals: Totals, functions: Functions, key: str) -> None:
    assert value_of(functions.read(key, f"{TENANT}/runs/run-1"), metric) == totals[metric]


def test_csv_has_a_column_for_each_metric_once_and_no_other(
    totals: Totals, functions: Functions, key: str
) -> None:
    text = functions.get(key, f"{TENANT}/usage/series?format=csv").get_data(as_text=True)
    (header, *_) = csv.reader(io.StringIO(text, newline=""))
    columns = {"cost_usd" if metric == "cost_nanousd" else metric for metric in METRICS}
    assert sorted(header) == sorted(["start", "label", "provider", "model", "cost_status", *columns])


@EACH_METRIC
def test_the_openapi_document_describes_it(metric: Metric, functions: Functions) -> None:
    schemas = functions.read(None, "/openapi.json")["components"]["schemas"]
    name = {"cost_nanousd": "cost_usd"}.get(metric, metric)
    if metric.endswith("_tokens"):
        assert metric.removesuffix("_tokens") in schemas["TokenSums"]["required"]
        return
    assert all(name in schemas[row]["required"] for row in ROWS)
    aggregate = f"total_{name}" if name == "cost_usd" else AGGREGATE_NAMES.get(metric, name)
    assert aggregate in schemas["Aggregate"]["required"]
