"""Margins by API: of a month by plan and tenant, as JSON and CSV, and of one tenant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.billing.billing_account import BillingAccount
from shared.domain.billing.invoices import InvoiceRow
from shared.domain.people.audit import Change
from shared.domain.people.operators import Operator
from shared.ports import BillingChange
from shared.stores import process_memory
from tests.http.conftest import NOON
from tests.http.serving import Functions, refused, user_id_of
from tests.margin_fixtures import invoice_row
from tests.sample_billing_accounts import paid_account
from tests.sample_subscriptions import observed, subscription_after

PATH = "/platform/margins"
CHANGE = Change("test", NOON)
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "cost_usd_estimate": "0.25"}
UNPRICED = {"category": "llm", "provider": "new", "model": "unheard-of", "tokens": {"total_tokens": 9}}
SUMS = {
    *("revenue_usd", "unpaid_usd", "provider_cost_usd", "margin_usd"),
    *("unpriced_calls", "incomplete_calls", "other_currency_invoices", "is_complete"),
}


def invoice(tenant_id: str, row: InvoiceRow) -> None:
    """Store an invoice of a tenant, as one of Stripe's events does."""
    store = process_memory()
    read = store.read_account(tenant_id)
    assert read is not None
    change = BillingChange(account=read.account, at=row.invoice.created, invoice=row)
    store.save_billing(change)


@pytest.fixture
def reader(functions: Functions) -> str:
    """A platform key that may read, with three tenants in November: one earns, one costs, one has an unknown cost."""
    keys = {
        name: functions.create_tenant(name, plan)
        for name, plan in (("acme", "starter"), ("bolt", "starter"), ("cube", "free"))
    }
    invoice("acme", invoice_row("in_1", 119_00, total_excluding_tax=100_00))
    invoice("bolt", invoice_row("in_2", 29_00, status="open"))
    invoice("cube", invoice_row("in_3", 29_00, currency="eur"))
    functions.record(keys["acme"], CALL, CALL)
    functions.record(keys["bolt"], CALL)
    functions.record(keys["cube"], UNPRICED, UNPRICED)
    functions.tell({"job": "reconcile"})
    return functions.create_platform_key("platform:read")


def amounts(**changes: Any) -> dict[str, Any]:
    return {
        "revenue_usd": "0.00",
        "unpaid_usd": "0.00",
        "provider_cost_usd": "0.00",
        "margin_usd": "0.00",
        "unpriced_calls": 0,
        "incomplete_calls": 0,
        "other_currency_invoices": 0,
        "is_complete": True,
        **changes,
    }


ACME = amounts(revenue_usd="100.00", provider_cost_usd="0.50", margin_usd="99.50")
BOLT = amounts(unpaid_usd="29.00", provider_cost_usd="0.25", margin_usd="-0.25")
CUBE = amounts(unpriced_calls=2, other_currency_invoices=1, is_complete=False)


def row(tenant_id: str, plan: str, shown: dict[str, Any]) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "name": tenant_id,
        "plan": plan,
        "computed_at": "2026-11-20T12:00:00Z",
        **shown,
    }


def test_a_month_is_summed_by_plan_and_listed_by_tenant_lowest_margin_first(
    functions: Functions, reader: str
) -> None:
    page = functions.read(reader, PATH)
    starter = amounts(revenue_usd="100.00", unpaid_usd="29.00", provider_cost_usd="0.75", margin_usd="99.25")
    assert page["month"] == "2026-11"
    assert page["plans"] == [
        {"plan": "free", "tenants": 1, **CUBE},
        {"plan": "starter", "tenants": 2, **starter},
    ]
    total = starter | {"unpriced_calls": 2, "other_currency_invoices": 1, "is_complete": False}
    assert page["total"] == {"tenants": 3, **total}
    listed = [{**each, "name": each["tenant_id"]} for each in page["tenants"]]
    assert listed == [row("bolt", "starter", BOLT), row("cube", "free", CUBE), row("acme", "starter", ACME)]
    assert page["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "tenants"),
    [
        ("sort=revenue", ["acme", "cube", "bolt"]),
        ("sort=cost", ["acme", "bolt", "cube"]),
        ("sort=name", ["acme", "bolt", "cube"]),
        ("plan=starter", ["bolt", "acme"]),
        ("plan=enterprise", []),
        ("month=2026-11", ["bolt", "cube", "acme"]),
        ("month=2025-01", []),
    ],
)
def test_margins_are_sorted_and_filtered_page_by_page(
    functions: Functions, reader: str, query: str, tenants: list[str]
) -> None:
    found: list[str] = []
    cursor = ""
    while True:
        page = functions.read(reader, f"{PATH}?limit=1&{query}{cursor}")
        found += [each["tenant_id"] for each in page["tenants"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == tenants


def test_of_one_plan_the_total_is_that_of_the_plan(functions: Functions, reader: str) -> None:
    page = functions.read(reader, f"{PATH}?plan=free")
    assert page["total"] == {"tenants": 1, **CUBE}
    assert page["plans"] == [{"plan": "free", "tenants": 1, **CUBE}]
    nothing = functions.read(reader, f"{PATH}?plan=enterprise")
    assert (nothing["total"], nothing["plans"]) == ({"tenants": 0, **amounts()}, [])


@pytest.mark.parametrize(
    "query",
    ["month=2026-13", "month=2026", "month=0000-01", "month=", "sort=tenants", "plan=", "limit=0", "what=1"],
)
def test_a_bad_query_is_refused(functions: Functions, reader: str, query: str) -> None:
    refused(functions.get(reader, f"{PATH}?{query}"), 422)


def test_a_cursor_of_another_month_is_refused(functions: Functions, reader: str) -> None:
    cursor = functions.read(reader, f"{PATH}?limit=1")["next_cursor"]
    refused(functions.get(reader, f"{PATH}?limit=1&month=2026-10&cursor={cursor}"), 400, "invalid_cursor")


def test_a_file_has_every_tenant_and_no_formula(functions: Functions, reader: str) -> None:
    provisioning = functions.create_platform_key("tenants:write")
    name = '=1+1;"<b>Bolt</b>"'
    functions.send("PATCH", provisioning, "/tenants/bolt", {"name": name, "reason": "a test"})
    functions.tell({"job": "reconcile"})
    answer = functions.get(reader, f"{PATH}?format=csv&limit=1&sort=margin")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="margins-2026-11.csv"'
    lines = answer.get_data(as_text=True).split("\r\n")
    assert lines[0] == (
        '"month","tenant_id","name","plan","revenue_usd","unpaid_usd","provider_cost_usd","margin_usd",'
        '"unpriced_calls","incomplete_calls","other_currency_invoices","is_complete","computed_at"'
    )
    assert lines[1] == (
        '"2026-11","bolt","\'=1+1;""<b>Bolt</b>""","starter",0.00,29.00,0.25,-0.25,0,0,0,true,'
        '"2026-11-20T12:00:00Z"'
    )
    assert [line.split(",")[1] for line in lines[1:-1]] == ['"bolt"', '"cube"', '"acme"']
    assert lines[-1] == ""


def test_a_tenants_months_are_as_they_are_now_newest_first(functions: Functions, reader: str) -> None:
    old = datetime(2026, 9, 3, tzinfo=UTC)
    invoice("acme", invoice_row("in_9", 10_00, created=old))
    shown = functions.read(reader, "/tenants/acme/margins")["months"]
    assert shown == [
        {"month": "2026-11", **ACME},
        {"month": "2026-09", **amounts(revenue_usd="10.00", margin_usd="10.00")},
    ]
    refused(functions.get(reader, "/tenants/nobody/margins"), 404)


def test_twelve_months_later_an_empty_year_is_shown_month_by_month(functions: Functions, reader: str) -> None:
    functions.clock.pass_by(timedelta(days=366))
    reader = functions.create_platform_key("platform:read")
    months = functions.read(reader, "/tenants/acme/margins")["months"]
    assert [each["month"] for each in months][:2] == ["2027-11", "2027-10"]
    assert len(months) == 12
    assert all(each == {"month": each["month"], **amounts()} for each in months)


def test_usage_that_comes_in_is_in_the_margin_within_the_hour(functions: Functions, reader: str) -> None:
    functions.clock.pass_by(timedelta(minutes=65))
    key = functions.create_key()
    functions.record(key, CALL)
    functions.tick(["acme"])
    shown = {each["tenant_id"]: each for each in functions.read(reader, PATH)["tenants"]}
    assert (shown["acme"]["provider_cost_usd"], shown["acme"]["computed_at"]) == (
        "0.75",
        "2026-11-20T13:05:00Z",
    )
    assert shown["bolt"]["computed_at"] == "2026-11-20T12:00:00Z"


def test_the_daily_job_makes_the_list_say_what_a_tenant_pays_whose_billing_is_older(
    functions: Functions,
) -> None:
    functions.create_tenant("acme", "free")
    store, key = process_memory(), functions.create_platform_key("tenants:write")
    paid = subscription_after([observed(0, "created", unit_amount=290_00, currency="usd", interval="year")])
    store.save_billing(BillingChange(account=older(paid_account(store, paid)), at=functions.clock.now))

    def shown() -> list[tuple[str, bool]]:
        rows = functions.read(key, "/tenants")["tenants"]
        return [(each["mrr_usd"], each["has_second_subscription"]) for each in rows]

    assert shown() == [("0.00", False)]
    functions.tell({"job": "reconcile"})
    assert shown() == [("24.166666667", False)], "a twelfth of $290.00"


def older(account: BillingAccount) -> BillingAccount:
    """An account as it was stored before it said what it pays."""
    billing = replace(account.tenant.billing, mrr_nanousd=0)
    return replace(account, tenant=replace(account.tenant, billing=billing))


def test_an_operator_reads_margins_and_a_member_does_not(functions: Functions, reader: str) -> None:
    member = functions.sign_in("ada@example.com", "owner")
    assert functions.get(member, "/tenants/acme/margins").status_code == 403
    operator = functions.sign_in("ops@example.com", None)
    found = Operator(
        user_id=user_id_of("ops@example.com"), email="ops@example.com", added_at=NOON, added_by="test"
    )
    process_memory().save_operator(found, CHANGE.entry(None, "operator.added", None, found.email))
    assert functions.read(operator, PATH)["total"]["tenants"] == 3
    assert functions.read(operator, "/tenants/acme/margins")["months"][0]["margin_usd"] == "99.50"
