"""A month's statement: every part of it is the sum of its events, to the nano-dollar, folded or not."""

from datetime import date

from hypothesis import given

from shared.domain.ledger.attribution import attributed
from shared.domain.ledger.counters import Totals, sum_totals
from shared.ports import BillingChange
from shared.usecases.billing.read_statement import Statement, StatementReader, month_period
from shared.usecases.ledger.explain_usage import EventFilter
from shared.usecases.ledger.ledger import Ledger
from tests.contracts.conftest import Stores
from tests.contracts.test_explaining import FILTERS, History, explained, steps_of_a_history, tenant_with
from tests.contracts.test_reading import create_tenant
from tests.margin_fixtures import NOVEMBER_5, invoice_row
from tests.properties import ON_EACH_STORE
from tests.sample_events import NOON

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def statement_of(stores: Stores, tenant_id: str, month: date = NOVEMBER) -> Statement:
    tenant = stores.directory.find_tenant(tenant_id)
    assert tenant is not None
    return StatementReader(Ledger(stores.usage), stores.billing).read(tenant, month, NOON)


@ON_EACH_STORE
@given(steps=steps_of_a_history)
def test_every_sum_of_a_month_is_that_of_its_events(stores: Stores, steps: History) -> None:
    tenant = tenant_with(steps, stores.usage, stores.directory)
    statement = statement_of(stores, tenant.id)

    def events(wanted: EventFilter) -> Totals:
        return explained(stores.usage, tenant, month_period(NOVEMBER), wanted)[1]

    assert statement.usage.totals == events(EventFilter())
    for series, totals in statement.usage.series.items():
        assert totals == events(EventFilter(provider=series.provider, model=series.model))
    assert sum_totals(statement.usage.series.values()) == statement.usage.totals
    for dimension, rows in statement.names.items():
        for name, totals in rows[:-1]:
            assert name is not None
            assert totals == attributed(events(FILTERS[dimension](name)))
        assert sum_totals(row.totals for row in rows) == attributed(statement.usage.totals)
    assert [each.totals for each in statement.months] == [statement.usage.totals]


def test_a_month_has_the_invoices_that_were_created_in_it(stores: Stores) -> None:
    create_tenant(stores.directory, "acme")
    rows = [
        invoice_row("in_1", 29_00, created=NOVEMBER_5.replace(month=10)),
        invoice_row("in_2", 29_00),
        invoice_row("in_3", 5_00, created=NOVEMBER_5.replace(hour=10)),
        invoice_row("in_4", 7_00, status="void"),
        invoice_row("in_5", 9_00, status="draft"),
        invoice_row("in_6", 19_00, currency="eur", created=NOVEMBER_5.replace(day=1, hour=0, minute=0)),
    ]
    for row in rows:
        read = stores.billing.read_account("acme", row.id)
        assert read is not None
        stores.billing.save_billing(BillingChange(account=read.account, at=NOON, invoice=row))
    november, october = statement_of(stores, "acme"), statement_of(stores, "acme", OCTOBER)
    assert {row.id for row in november.invoices} == {"in_2", "in_3", "in_4", "in_5", "in_6"}
    assert november.invoiced == [("eur", 19_00), ("usd", 29_00 + 5_00)]
    assert [row.id for row in october.invoices] == ["in_1"]
    assert [(each.month, each.invoiced) for each in october.months] == [
        (NOVEMBER, november.invoiced),
        (OCTOBER, [("usd", 29_00)]),
    ]
