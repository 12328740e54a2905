"""GET …/statement: a month for finance, as JSON and as CSV, whose sums are those of `usage/explain`."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.ports import BillingChange
from shared.stores import process_memory
from tests.http.serving import Functions, Json, refused
from tests.http.test_explain import cost_of, explained
from tests.margin_fixtures import invoice_row

PATH = "/tenants/acme/statement"
CALL: Json = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
UNPRICED: Json = {"category": "llm", "provider": "new", "model": "unheard-of", "tokens": {"total_tokens": 9}}
NOVEMBER = {"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}


def call(cost: str, **fields: str) -> Json:
    return {**CALL, "cost_usd_estimate": cost, "tokens": {"input_tokens": 80, "output_tokens": 20}, **fields}


@pytest.fixture(params=["live", "folded"])
def recorded(request: pytest.FixtureRequest, functions: Functions, key: str) -> Functions:
    """Calls of two users in November, one of October, and two invoices; the answers do not depend on the fold."""
    functions.record(
        key,
        call("0.000000001", user_id="ada", workflow_id="triage"),
        call("0.50", user_id="bob", workflow_id="triage", run_id="run-1"),
        call("0.25", ts="2026-10-31T23:59:59Z"),
        UNPRICED | {"user_id": "bob"},
    )
    sent = invoice_row("in_1", 29_00, status="open", number="ACME-0001")
    for row in (sent, invoice_row("in_2", 5_00, status="void")):
        store = process_memory()
        read = store.read_account("acme", row.id)
        assert read is not None
        store.save_billing(BillingChange(account=read.account, at=row.invoice.created, invoice=row))
    if request.param == "folded":
        assert functions.tick().status_code == 200
    return functions


def test_a_month_is_shown_by_model_by_user_and_by_workflow(recorded: Functions, key: str) -> None:
    statement = recorded.read(key, PATH)
    usage = statement["usage"]
    assert (statement["month"], statement["from"], statement["to"]) == ("2026-11", *NOVEMBER.values())
    assert not statement["is_over"]
    assert (usage["cost_usd"], usage["calls"], usage["runs"]) == ("0.500000001", 3, 1)
    assert {row["model"]: row["cost_usd"] for row in statement["by_model"]} == {
        "gpt-4.1-mini": "0.500000001",
        "unheard-of": "0.00",
    }
    assert [(row["name"], row["cost_usd"]) for row in statement["by_user"]] == [
        ("bob", "0.50"),
        ("ada", "0.000000001"),
        (None, "0.00"),
    ]
    assert [(row["name"], row["calls"]) for row in statement["by_workflow"]] == [("triage", 2), (None, 1)]


def test_its_sums_are_those_of_explain_to_the_nano_dollar(recorded: Functions, key: str) -> None:
    statement = recorded.read(key, PATH)
    events, page = explained(recorded, key, **NOVEMBER)
    assert page["sum"] == {name: statement["usage"][name] for name in page["sum"]}
    for section in ("by_model", "by_user", "by_workflow"):
        costs = (Decimal(row["cost_usd"]) for row in statement[section])
        assert sum(costs) == cost_of(events) == Decimal("0.500000001"), section


def test_a_cost_that_leaves_calls_out_is_never_shown_as_complete(recorded: Functions, key: str) -> None:
    statement = recorded.read(key, PATH)
    assert (statement["usage"]["cost_status"], statement["usage"]["unpriced_calls"]) == ("incomplete", 1)
    assert {row["model"]: row["cost_status"] for row in statement["by_model"]} == {
        "gpt-4.1-mini": "complete",
        "unheard-of": "unknown",
    }
    assert [row["cost_status"] for row in statement["by_user"]] == ["incomplete", "complete", "complete"]


def test_the_plan_is_charged_apart_from_what_the_calls_cost(recorded: Functions, key: str) -> None:
    statement = recorded.read(key, PATH)
    assert {row["id"]: (row["status"], row["net_total"]) for row in statement["invoices"]} == {
        "in_1": ("open", 29_00),
        "in_2": ("void", 5_00),
    }
    assert statement["invoiced"] == [{"currency": "usd", "amount": 29_00}]
    assert all(row["hosted_invoice_url"] is None for row in statement["invoices"])


def test_another_month_has_its_own_usage_and_the_list_has_both(recorded: Functions, key: str) -> None:
    october = recorded.read(key, f"{PATH}?month=2026-10")
    assert (october["usage"]["cost_usd"], october["is_over"], october["invoices"]) == ("0.25", True, [])
    assert [(row["month"], row["cost_usd"], row["invoiced"]) for row in october["months"]] == [
        ("2026-11", "0.500000001", [{"currency": "usd", "amount": 29_00}]),
        ("2026-10", "0.25", []),
    ]


def test_the_list_has_the_last_twelve_months(functions: Functions, key: str) -> None:
    functions.clock.pass_by(timedelta(days=500))
    other = functions.create_tenant("bolt")
    assert [row["month"] for row in functions.read(other, "/tenants/bolt/statement")["months"]] == ["2028-04"]
    months = functions.read(key, PATH)["months"]
    assert [row["month"] for row in (months[0], months[-1])] == ["2028-04", "2027-05"]
    assert len(months) == 12


def test_as_csv(recorded: Functions, key: str) -> None:
    answer = recorded.get(key, f"{PATH}?month=2026-11&format=csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="statement-acme-2026-11.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    reported = [(row["section"], row["name"], row["cost_usd"], row["cost_status"]) for row in rows]
    assert reported[:7] == [
        ("total", "", "0.500000001", "incomplete"),
        ("model", "gpt-4.1-mini", "0.500000001", "complete"),
        ("model", "unheard-of", "0.00", "unknown"),
        ("user", "bob", "0.50", "incomplete"),
        ("user", "ada", "0.000000001", "complete"),
        ("user", "", "0.00", "complete"),
        ("workflow", "triage", "0.500000001", "complete"),
    ]
    (open_invoice,) = (row for row in rows if row["invoice"] == "ACME-0001")
    assert (open_invoice["currency"], open_invoice["amount_in_minor_units"]) == ("usd", "2900")
    assert open_invoice["cost_usd"] == "", "what the plan costs is no provider cost"
    accepted = recorded.usage_api.get(
        f"/api/v1{PATH}", headers={"Authorization": f"Bearer {key}", "Accept": "text/csv"}
    )
    assert accepted.mimetype == "text/csv"


@pytest.mark.parametrize(
    ("month", "code"),
    [
        ("2026-12", "in_the_future"),
        ("2026-13", "string_pattern_mismatch"),
        ("2026-1", "string_pattern_mismatch"),
        ("1999-12", "string_pattern_mismatch"),
        ("november", "string_pattern_mismatch"),
    ],
)
def test_a_month_that_cannot_be_is_refused(month: str, code: str, functions: Functions, key: str) -> None:
    problem = refused(functions.get(key, f"{PATH}?month={month}"), 422, "invalid_input")
    assert [(each["field"], each["code"]) for each in problem["errors"]] == [("month", code)]


def test_another_tenants_statement_is_refused(functions: Functions, key: str) -> None:
    functions.create_tenant("bolt")
    refused(functions.get(key, "/tenants/bolt/statement"), 403, "foreign_tenant")
