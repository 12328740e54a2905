"""A plan that a bank debit pays for is granted when it is paid, days after the order."""

from collections.abc import Iterator

import pytest

from shared.domain.errors import Conflict
from shared.usecases.billing.reconcile_billing import reconcile_tenant
from tests.tools.test_stripe_double.shop import browse
from tests.usecases.billing.double_shop import DoubleShop, open_shop


@pytest.fixture
def shop() -> Iterator[DoubleShop]:
    with open_shop() as shop:
        yield shop


@pytest.fixture
def invoice_id(shop: DoubleShop) -> str:
    """The invoice of a plan that a bank debit is paying for."""
    assert browse(shop.start(), action="debit").status == 303
    shop.deliver_webhooks()
    (subscription,) = shop.subscriptions()
    assert subscription.status == "active", "Stripe does not wait for the money"
    return str(subscription.latest_invoice)


def settle(shop: DoubleShop, invoice_id: str, *, paid: bool) -> None:
    shop.control(f"invoices/{invoice_id}/settle", paid=paid)
    shop.deliver_webhooks()


def test_it_is_granted_when_it_is_paid(shop: DoubleShop, invoice_id: str) -> None:
    assert shop.plan == "free"
    assert reconcile_tenant(shop.billing, "acme", repair=True, now=shop.now) == []
    settle(shop, invoice_id, paid=True)
    assert shop.plan == "starter"
    assert reconcile_tenant(shop.billing, "acme", repair=False, now=shop.now) == []


def test_it_is_not_granted_if_the_bank_refuses_and_has_no_grace(shop: DoubleShop, invoice_id: str) -> None:
    settle(shop, invoice_id, paid=False)
    assert shop.plan == "free"
    assert shop.pay("professional") != invoice_id
    shop.deliver_webhooks()
    assert shop.plan == "professional"
    assert sorted(each.status for each in shop.subscriptions()) == ["active", "canceled"]


def test_while_it_is_under_way_nothing_else_is_sold(shop: DoubleShop, invoice_id: str) -> None:
    with pytest.raises(Conflict, match="your bank is still paying") as refused:
        shop.start("professional")
    assert refused.value.code == "payment_pending"
    settle(shop, invoice_id, paid=True)
    shop.start("professional")
    assert shop.portal()["flow"]["type"] == "subscription_update_confirm"


def test_another_subscription_does_not_end_it(shop: DoubleShop, invoice_id: str) -> None:
    customer = str(shop.customer_id)
    shop.control(f"customers/{customer}/card", outcome="success")
    price = shop.api.find_price("gwi_professional_month")
    shop.client.v1.subscriptions.create({"customer": customer, "items": [{"price": str(price)}]})
    shop.deliver_webhooks()
    assert shop.plan == "professional"
    assert [each.status for each in shop.subscriptions()] == ["active", "active"]
    settle(shop, invoice_id, paid=True)
    assert [each.alert.kind for each in shop.billing.store.list_billing_alerts("acme")] == [
        "several_subscriptions"
    ]
