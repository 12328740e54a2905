"""GET …/export: every event once, and charges that add up to the usage page, as files of their formats."""

import csv
import gzip
import io
import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from shared.domain.metering.usage_rows import EVENT_COLUMNS
from shared.http.ledger import exports
from tests.http.focus_schema import problems_of
from tests.http.json_schema import SchemaChecker
from tests.http.serving import Functions, Json, bearer, refused

PATH = "/tenants/acme/export"
DAY = {"from": "2026-11-20", "to": "2026-11-21"}
CALL: Json = {
    "category": "llm",
    "provider": "openai",
    "model": "gpt-4.1-mini",
    "tokens": {"input_tokens": 100, "output_tokens": 20},
}
UNPRICED: Json = {**CALL, "provider": "nobody", "model": "=new", "tags": {"team": "search"}, "user_id": "ann"}
TOOL: Json = {"category": "tool", "provider": "shell", "model": "ls", "latency_ms": 7}


@pytest.fixture
def recorded(functions: Functions, key: str) -> str:
    """The key of a tenant that has 2 priced calls, 1 without a price, 1 tool call and 1 mark, all of today."""
    mark = {"category": "other", "provider": "agents", "model": "runner", "run_id": "r", "status": "started"}
    functions.record(key, CALL, CALL, {**UNPRICED, "metadata": {"prompt": "hi"}}, TOOL, mark)
    return key


def exported(functions: Functions, key: str, **query: str | int) -> TestResponse:
    """The whole file; the server closes a response that is written."""
    answer = functions.get(key, f"{PATH}?{urlencode({**DAY, **query})}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    answer.get_data()
    answer.close()
    return answer


def lines_of(answer: TestResponse) -> list[Json]:
    return [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]


def rows_of(answer: TestResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))


def test_lines_are_the_events_of_the_list_and_an_end_that_counts_them(
    functions: Functions, recorded: str
) -> None:
    answer = exported(functions, recorded, metadata="true")
    *events, end = lines_of(answer)
    assert [{**each, "object": "event"} for each in functions.events(recorded)] == events
    assert end == {"object": "end", "events": 5, "next_cursor": None}
    assert answer.mimetype == "application/x-ndjson"
    name = "events-acme-2026-11-20-to-2026-11-20.jsonl"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_lines_are_valid_by_the_openapi_document(functions: Functions, recorded: str) -> None:
    document = functions.read(None, "/openapi.json")
    content = document["paths"]["/api/v1/tenants/{tenant}/export"]["get"]["responses"]["200"]["content"]
    checker = SchemaChecker(document["components"]["schemas"])
    schema = content["application/x-ndjson"]["schema"]
    misfits = [checker.misfits(line, schema) for line in lines_of(exported(functions, recorded))]
    assert misfits == (5 + 1) * [[]]


def test_rows_of_csv_add_up_to_the_usage(functions: Functions, recorded: str) -> None:
    rows = rows_of(exported(functions, recorded, format="csv"))
    assert list(rows[0]) == [column.name for column in EVENT_COLUMNS]
    aggregate = functions.usage(recorded)
    assert sum(int(row["total_tokens"]) for row in rows) == aggregate["total_tokens"]["total"] == 3 * 120
    assert sum(int(row["unpriced_calls"]) for row in rows) == aggregate["unpriced_calls"] == 1
    assert sum(Decimal(row["cost_usd"] or 0) for row in rows) == Decimal(aggregate["total_cost_usd"]) > 0
    (unpriced,) = (row for row in rows if row["user_id"] == "ann")
    assert (unpriced["cost_usd"], unpriced["tags"]) == ("", '{"team": "search"}')
    assert unpriced["model"] == "'=new", "a spreadsheet would run it"


def test_charges_conform_to_focus_and_add_up_to_the_usage(functions: Functions, recorded: str) -> None:
    rows = rows_of(exported(functions, recorded, format="focus"))
    assert [problem for row in rows for problem in problems_of(row)] == []
    aggregate = functions.usage(recorded)
    assert sum(Decimal(row["BilledCost"]) for row in rows) == Decimal(aggregate["total_cost_usd"])
    by_provider = {row["ProviderName"]: row for row in rows}
    openai, shell, nobody = (by_provider[name] for name in ("openai", "shell", "nobody"))
    assert (openai["ConsumedQuantity"], openai["ConsumedUnit"]) == (str(2 * 120), "Tokens")
    assert (shell["ConsumedQuantity"], shell["ConsumedUnit"]) == ("1", "Calls")
    assert (openai["ChargePeriodStart"], openai["ChargePeriodEnd"]) == (
        "2026-11-20T12:00:00Z",
        "2026-11-20T13:00:00Z",
    )
    assert (nobody["BilledCost"], nobody["x_CostStatus"]) == ("0.00", "unknown")
    assert nobody["ChargeDescription"].endswith("; the price of 1 call is not completely known")
    assert len(rows) == 3, "a mark is no charge"


def test_what_is_paid_but_not_counted_was_used_for_its_hour(functions: Functions, key: str) -> None:
    storage = {"category": "storage", "provider": "s3", "model": "bucket", "cost_usd_estimate": "0.25"}
    functions.record(key, storage, storage)
    (row,) = rows_of(exported(functions, key, format="focus"))
    assert problems_of(row) == []
    assert (row["ConsumedQuantity"], row["ConsumedUnit"], row["BilledCost"]) == ("1", "Hours", "0.50")


def test_a_void_event_is_marked_and_counts_nothing(functions: Functions, recorded: str) -> None:
    (event,) = (each for each in functions.events(recorded) if each["user_id"] == "ann")
    owner = functions.sign_in("ada@example.com")
    path = f"/tenants/acme/events/{event['id']}/void"
    assert functions.send("POST", owner, path, {"reason": "a test"}).status_code in (200, 201)
    (line,) = (each for each in lines_of(exported(functions, recorded)) if each.get("id") == event["id"])
    assert line["correction"]["state"] == "voided"
    rows = rows_of(exported(functions, recorded, format="csv"))
    (row,) = (each for each in rows if each["id"] == event["id"])
    assert (row["correction"], row["total_tokens"], row["unpriced_calls"]) == ("voided", "0", "0")
    assert sum(int(each["total_tokens"]) for each in rows) == 2 * 120
    charges = rows_of(exported(functions, recorded, format="focus"))
    assert sum(int(each["x_TotalTokens"]) for each in charges) == 2 * 120


def test_the_check_of_focus_says_what_is_wrong() -> None:
    assert "BilledCost is missing" in problems_of({"ChargeCategory": "Rent"})
    assert "ChargeCategory is 'Rent'" in problems_of({"ChargeCategory": "Rent"})
    assert "Model is no column" in problems_of({"Model": "m"})


@pytest.mark.parametrize("format_", ["jsonl", "csv", "focus"])
def test_a_file_is_compressed_for_who_accepts_that(format_: str, functions: Functions, recorded: str) -> None:
    plain = exported(functions, recorded, format=format_).get_data()
    path = f"/api/v1{PATH}?{urlencode({**DAY, 'format': format_})}"
    packed = functions.usage_api.get(path, headers={**bearer(recorded), "Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.get_data()) == plain


def test_a_long_file_is_cut_and_goes_on_at_its_cursor(
    functions: Functions, recorded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_PAGE", 2)
    monkeypatch.setattr(exports, "MAX_EVENTS", 4)
    *first, end = lines_of(exported(functions, recorded))
    *second, last = lines_of(exported(functions, recorded, cursor=end["next_cursor"]))
    assert (len(first), len(second), last["next_cursor"]) == (4, 1, None)
    assert [each["id"] for each in first + second] == [each["id"] for each in functions.events(recorded)]
    *_, cut = exported(functions, recorded, format="csv").get_data(as_text=True).splitlines()
    assert cut == f'"Cut after 4 events: go on with the cursor {end["next_cursor"]}"'


def test_a_file_is_cut_when_it_takes_too_long(
    functions: Functions, recorded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_PAGE", 1)
    monkeypatch.setattr(exports, "MAX_SECONDS", -1.0)
    *events, end = lines_of(exported(functions, recorded))
    assert (len(events), end["events"], end["next_cursor"] is None) == (1, 1, False)


def test_a_page_is_read_when_the_one_before_it_is_written(
    functions: Functions, recorded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_PAGE", 2)
    store: Any = functions.container("usage_api").usage
    pages: list[object] = []
    list_events = store.list_events

    def counting(*of: object, **options: object) -> object:
        pages.append(options["cursor"])
        return list_events(*of, **options)

    monkeypatch.setattr(store, "list_events", counting)
    answer = functions.usage_api.get(
        f"/api/v1{PATH}?{urlencode(DAY)}", headers=bearer(recorded), buffered=False
    )
    assert len(pages) == 1
    assert len(lines_of(answer)) == 5 + 1
    assert len(pages) == 3


def test_a_tenant_has_one_export_at_a_time(functions: Functions, recorded: str) -> None:
    under_way = functions.get(recorded, f"{PATH}?{urlencode(DAY)}")
    document = refused(functions.get(recorded, f"{PATH}?{urlencode(DAY)}"), 429, "export_under_way")
    assert document["detail"] == "an export of tenant 'acme' is under way; try again when it has ended"
    under_way.close()
    assert len(lines_of(exported(functions, recorded))) == 5 + 1


def test_an_export_that_fails_ends_too(functions: Functions, recorded: str) -> None:
    refused(functions.get(recorded, f"{PATH}?{urlencode({**DAY, 'cursor': 'x'})}"), 400, "invalid_cursor")
    assert len(lines_of(exported(functions, recorded))) == 5 + 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"to": "2026-12-22"}, "range_too_long"),
        ({"from": "2026-11-21"}, "empty_range"),
        ({"format": "focus", "cursor": "x"}, "contradictory"),
        ({"format": "focus", "metadata": "true"}, "contradictory"),
        ({"format": "csv", "metadata": "true"}, "contradictory"),
        ({"format": "xml"}, "literal_error"),
    ],
)
def test_what_makes_no_file_is_reported(
    query: dict[str, str], code: str, functions: Functions, recorded: str
) -> None:
    document = refused(functions.get(recorded, f"{PATH}?{urlencode({**DAY, **query})}"), 422)
    assert [each["code"] for each in document["errors"]] == [code]


def test_another_tenant_is_not_exported(functions: Functions, recorded: str) -> None:
    other = functions.create_tenant("other")
    refused(functions.get(other, f"{PATH}?{urlencode(DAY)}"), 403)
