"""The admin tool's command about margins, with the words of the API."""

from datetime import UTC, datetime

import pytest

from shared.ports import BillingChange
from shared.stores import process_memory
from tests.margin_fixtures import invoice_row
from tests.tools.admin_calls import CREATE, Capture, failed, memory, run
from tools.admin.__main__ import main

__all__ = ["memory"]
pytestmark = pytest.mark.usefixtures("memory")
MONTH = f"{datetime.now(UTC):%Y-%m}"
ROW = {
    "revenue_usd": "29.00",
    "unpaid_usd": "0.00",
    "provider_cost_usd": "0.00",
    "margin_usd": "29.00",
    "unpriced_calls": 0,
    "incomplete_calls": 0,
    "other_currency_invoices": 0,
    "is_complete": True,
}


@pytest.fixture
def tenant(memory: None, capsys: Capture) -> None:
    """A tenant on plan starter that has paid $29.00 this month, not yet in any stored margin."""
    run(capsys, *CREATE, "--plan", "starter")
    store = process_memory()
    read = store.read_account("acme")
    assert read is not None
    now = datetime.now(UTC)
    change = BillingChange(account=read.account, at=now, invoice=invoice_row("in_1", 29_00, created=now))
    store.save_billing(change)


@pytest.mark.usefixtures("tenant")
def test_a_month_is_shown_once_it_is_computed(capsys: Capture) -> None:
    before = run(capsys, "margin")
    assert (before["total"]["tenants"], before["tenants"]) == (0, [])
    page = run(capsys, "margin", "--month", MONTH, "--refresh")
    assert page["month"] == MONTH
    assert page["plans"] == [{"plan": "starter", "tenants": 1, **ROW}]
    assert page["total"] == {"tenants": 1, **ROW}
    (row,) = page["tenants"]
    assert {name: row[name] for name in ("tenant_id", "name", "plan", *ROW)} == {
        "tenant_id": "acme",
        "name": "Acme",
        "plan": "starter",
        **ROW,
    }
    assert run(capsys, "margin", "--plan", "free")["tenants"] == []


@pytest.mark.usefixtures("tenant")
def test_one_tenant_is_shown_as_it_is_now(capsys: Capture) -> None:
    assert run(capsys, "margin", "--tenant", "acme") == {"months": [{"month": MONTH, **ROW}]}
    assert failed(capsys, "margin", "--tenant", "nobody").startswith("not_found")
    assert "takes no other option" in failed(capsys, "margin", "--tenant", "acme", "--csv")


@pytest.mark.usefixtures("tenant")
def test_a_file_is_printed_as_it_is(capsys: Capture) -> None:
    run(capsys, "margin", "--refresh")
    assert main(["margin", "--csv"]) == 0
    lines = capsys.readouterr().out.split("\r\n")
    assert lines[0].startswith('"month","tenant_id","name","plan","revenue_usd"')
    assert lines[1].startswith(f'"{MONTH}","acme","Acme","starter",29.00,0.00,0.00,29.00,0,0,0,true,')


@pytest.mark.usefixtures("tenant")
def test_a_table_for_people_has_the_same_words(capsys: Capture) -> None:
    run(capsys, "margin", "--refresh")
    assert main(["margin"]) == 0
    printed = capsys.readouterr().out
    assert all(word in printed for word in ("margin_usd", "is_complete", "acme", "29.00"))


@pytest.mark.parametrize("month", ["2026-13", "2026", "november"])
def test_a_month_that_is_none_is_refused(capsys: Capture, month: str) -> None:
    with pytest.raises(SystemExit):
        main(["margin", "--month", month])
    assert f"{month!r} is not a month such as 2026-11" in capsys.readouterr().err
