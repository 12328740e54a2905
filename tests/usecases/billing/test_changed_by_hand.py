"""What a person changes in Stripe by hand: each has a clear outcome, and the catalog is repaired by sync-catalog."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.domain.billing.plan_mapping import catalog_to_sell
from shared.domain.errors import Unavailable
from shared.usecases.billing.reconcile_billing import reconcile_tenant
from shared.usecases.billing.start_checkout import open_portal
from tests.plans import PLANS
from tests.usecases.billing.billing_scenarios import account_of
from tests.usecases.billing.double_shop import PAGES, DoubleShop, open_shop


@pytest.fixture
def shop() -> Iterator[DoubleShop]:
    with open_shop() as shop:
        yield shop


@pytest.fixture
def subscription_id(shop: DoubleShop) -> str:
    paid = shop.pay()
    shop.deliver_webhooks()
    return paid


@pytest.mark.usefixtures("subscription_id")
def test_without_our_portal_configuration_the_remedy_is_named(shop: DoubleShop) -> None:
    open_portal(shop.billing, PAGES, "acme")
    configurations = shop.client.v1.billing_portal.configurations
    (ours,) = [each for each in configurations.list().data if each.to_dict()["metadata"].get("gwi_portal")]
    configurations.update(ours.id, {"active": False})
    with pytest.raises(Unavailable, match=r"no portal configuration of ours: run .* sync-catalog"):
        open_portal(shop.billing, PAGES, "acme")
    assert shop.api.sync_catalog(catalog_to_sell(PLANS)) == ["created portal configuration"]
    assert open_portal(shop.billing, PAGES, "acme")


def test_a_schedule_to_a_price_of_no_plan_is_shown_as_another_plan(
    shop: DoubleShop, subscription_id: str
) -> None:
    v1 = shop.client.v1
    product = v1.products.create({"name": "Consulting"})
    other: Any = {"product": product.id, "currency": "usd", "unit_amount": 700_00}
    other |= {"recurring": {"interval": "month"}}
    price = v1.prices.create(other)
    schedule = v1.subscription_schedules.create({"from_subscription": subscription_id})
    phase = schedule.phases[0]
    now: Any = {"items": [{"price": shop.api.find_price("gwi_starter_month")}]}
    now |= {"start_date": phase.start_date, "end_date": phase.end_date}
    later: Any = {"items": [{"price": price.id}], "duration": {"interval": "month", "interval_count": 1}}
    v1.subscription_schedules.update(schedule.id, {"phases": [now, later]})
    shop.deliver_webhooks()
    billing = account_of(shop.place.open()).tenant.billing
    assert (shop.plan, billing.scheduled_plan) == ("starter", None)
    assert billing.scheduled_at is not None
    assert reconcile_tenant(shop.billing, "acme", repair=False, now=shop.now) == []


def test_a_lookup_key_moved_to_a_foreign_product_is_reported_and_taken_back(shop: DoubleShop) -> None:
    v1 = shop.client.v1
    product = v1.products.create({"name": "Newsletter"})
    cheap: Any = {"product": product.id, "currency": "usd", "unit_amount": 5_00}
    cheap |= {"recurring": {"interval": "month"}}
    cheap |= {"lookup_key": "gwi_starter_month", "transfer_lookup_key": True}
    v1.prices.create(cheap)
    shop.pay()
    shop.deliver_webhooks()
    assert [each.alert.kind for each in shop.place.open().list_billing_alerts("acme")] == ["other_price"]
    assert shop.api.sync_catalog(catalog_to_sell(PLANS)) == [
        "replaced price gwi_starter_month",
        "repaired portal configuration",
    ]
