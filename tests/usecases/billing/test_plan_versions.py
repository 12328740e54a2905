"""Versions of plans beside Stripe: who pays keeps what was bought, until somebody moves them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.domain.errors import Conflict, InvalidInput, NotFound, Unavailable
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plans import Plan, PlanVersion
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.domain.prices.token_pools import TokenPools
from shared.usecases.billing.migrate_plan import Migration, Move, PlanMigrator
from shared.usecases.billing.reconcile_billing import reconcile_tenant
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.check_limits import Thresholds
from shared.usecases.people.manage_tenants import set_plan
from tests.audit_trail import trail_of
from tests.billing_places import BillingPlace, MemoryBillingPlace
from tests.plans import ENTERPRISE, FREE, PLANS, PROFESSIONAL, STARTER
from tests.sample_events import event_of
from tests.usecases.billing.billing_scenarios import account_of
from tests.usecases.billing.double_shop import DoubleShop, open_shop

LARGER = replace(STARTER, token_limit=600_000)
SMALLER = replace(STARTER, token_limit=400_000)
DEARER = replace(LARGER, monthly_price_nanousd=39 * 10**9)


def selling(starter: Plan, free: Plan = FREE) -> PlanCatalog:
    """The next catalog, with another plan starter."""
    return PLANS.replaced_by(PlanCatalog(plans=(free, starter, PROFESSIONAL, ENTERPRISE)))


@pytest.fixture
def shop() -> Iterator[DoubleShop]:
    with open_shop() as opened:
        yield opened


@pytest.fixture
def shop_on_any_store(place: BillingPlace, monkeypatch: pytest.MonkeyPatch) -> Iterator[DoubleShop]:
    monkeypatch.setattr("tests.usecases.billing.double_shop.new_tenant", lambda *_, **__: None)
    with open_shop(place) as opened:
        yield opened


def tenant_of(shop: DoubleShop) -> Tenant:
    return account_of(shop.place.open()).tenant.at(shop.now)


def had(shop: DoubleShop) -> tuple[str, int]:
    """The plan of tenant acme, and its version."""
    return tenant_of(shop).version_of_plan


def token_limit(shop: DoubleShop) -> int:
    policy = Thresholds(80, 100, lambda: shop.plans).policy_of(tenant_of(shop))
    assert policy is not None
    return policy.token_limit


def subscribed(shop: DoubleShop) -> str:
    subscription_id = shop.pay("starter")
    shop.deliver_webhooks()
    return subscription_id


def test_who_pays_keeps_the_version_and_whoever_buys_later_gets_the_newest(
    shop_on_any_store: DoubleShop,
) -> None:
    shop = shop_on_any_store
    subscription_id = subscribed(shop)
    assert shop.sell(selling(DEARER)) == [
        "created price gwi_starter_month_v2",
        "created price gwi_starter_year_v2",
        "repaired portal configuration",
    ]
    shop.deliver_webhooks()
    assert (had(shop), token_limit(shop)) == (("starter", 1), 500_000)
    assert reconcile_tenant(shop.billing, "acme", repair=False, now=shop.now) == []
    shop.client.v1.subscriptions.cancel(subscription_id)
    shop.deliver_webhooks()
    again = shop.pay("starter")
    shop.deliver_webhooks()
    assert (had(shop), token_limit(shop)) == (("starter", 2), 600_000)
    item = next(each for each in shop.subscriptions() if each.id == again)["items"]["data"][0]
    assert (item["price"]["unit_amount"], item["price"]["metadata"]["gwi_plan_version"]) == (3_900, "2")


def test_the_prices_of_an_earlier_version_stay_as_they_are(shop: DoubleShop) -> None:
    before = shop.api.find_price("gwi_starter_month")
    shop.sell(selling(DEARER))
    assert shop.api.find_price("gwi_starter_month") == before
    assert shop.sell(shop.plans) == []


def test_a_price_that_names_another_version_than_its_key_is_replaced(shop: DoubleShop) -> None:
    price_id = shop.api.find_price("gwi_starter_month")
    assert price_id is not None
    shop.client.v1.prices.update(price_id, {"metadata": {"gwi_plan_version": "7"}})
    assert shop.sell(shop.plans)[0] == "replaced price gwi_starter_month"
    assert shop.api.find_price("gwi_starter_month") != price_id


def test_a_subscription_that_is_switched_to_the_newest_price_gets_its_version(shop: DoubleShop) -> None:
    subscription_id = subscribed(shop)
    shop.sell(selling(DEARER))
    shop.switch(subscription_id, "gwi_starter_month_v2")
    shop.deliver_webhooks()
    assert had(shop) == ("starter", 2)
    entry = trail_of(shop.place.directory)[-1]
    assert (entry.action, entry.before, entry.after) == (
        "plan.version_changed",
        "starter (version 1)",
        "starter (version 2)",
    )


def test_the_portal_confirms_the_newest_version_of_the_same_plan(shop: DoubleShop) -> None:
    subscribed(shop)
    shop.start("starter")
    assert shop.portal()["flow"] is None
    shop.sell(selling(DEARER))
    shop.start("starter")
    confirmed = shop.portal()["flow"]["subscription_update_confirm"]["items"][0]
    assert confirmed["price"] == shop.api.find_price("gwi_starter_month_v2")


def test_a_new_version_is_not_sold_before_stripe_has_its_price(shop: DoubleShop) -> None:
    shop.plans = selling(DEARER)
    with pytest.raises(Unavailable, match="gwi_starter_month_v2: run"):
        shop.start("starter")


def test_a_plan_is_not_sold_for_an_interval_without_a_price(shop: DoubleShop) -> None:
    shop.sell(selling(replace(STARTER, yearly_price_nanousd=0)))
    with pytest.raises(InvalidInput, match="'starter' is not sold by the year") as refusal:
        shop.start("starter", "year")
    assert [(each.field, each.code) for each in refusal.value.problems] == [("interval", "not_for_sale")]


@pytest.mark.parametrize(("of_plan", "expected"), [(None, 7), (14, 14), (0, None)])
def test_the_trial_of_a_plan_comes_before_that_of_the_deployment(
    of_plan: int | None, expected: int | None, shop: DoubleShop
) -> None:
    shop.sell(selling(replace(STARTER, trial_days=of_plan)))
    shop.start("starter", trial_days=7)
    ordered = shop.sessions()[0].to_dict()["metadata"]["gwi_terms"]
    assert ordered == f"gwi_starter_month {expected or 0}"


def test_a_price_of_a_version_that_does_not_exist_is_an_alert(shop: DoubleShop) -> None:
    subscription_id = subscribed(shop)
    shop.sell(selling(DEARER))
    shop.switch(subscription_id, "gwi_starter_month_v2")
    shop.plans = PLANS
    shop.deliver_webhooks()
    assert shop.place.alerts("acme") == {"other_price": (subscription_id,)}
    assert token_limit(shop) == 500_000
    shop.plans = selling(DEARER)
    assert token_limit(shop) == 600_000


def test_who_falls_back_to_free_gets_the_version_from_before_and_keeps_it(shop: DoubleShop) -> None:
    subscription_id = subscribed(shop)
    less = replace(FREE, token_limit=1_000)
    shop.sell(selling(STARTER, less))
    shop.client.v1.subscriptions.cancel(subscription_id)
    shop.deliver_webhooks()
    assert (had(shop), token_limit(shop)) == (("free", 1), 50_000)


def test_who_had_another_plan_by_hand_falls_back_to_the_newest_free_and_keeps_that(shop: DoubleShop) -> None:
    set_plan(shop.place.directory, "acme", ENTERPRISE, Change("ada", shop.now))
    shop.sell(selling(STARTER, replace(FREE, token_limit=40_000)))
    subscription_id = subscribed(shop)
    shop.sell(shop.plans.replaced_by(PlanCatalog(plans=(replace(FREE, token_limit=1_000), STARTER))))
    shop.client.v1.subscriptions.cancel(subscription_id)
    shop.deliver_webhooks()
    shop.deliver_webhooks()
    assert (had(shop), token_limit(shop)) == (("free", 2), 40_000)


def migrator(shop: DoubleShop) -> PlanMigrator:
    assert isinstance(shop.place, MemoryBillingPlace)
    store = shop.place.store
    policy_of = Thresholds(80, 100, lambda: shop.plans).policy_of
    return PlanMigrator(shop.billing, store, Ledger(store), policy_of)


def moves(shop: DoubleShop, plan_id: str = "starter", from_version: int | None = None) -> list[Move]:
    plan = shop.plans.find(plan_id)
    assert plan is not None
    return list(migrator(shop).find_moves(Migration(plan, from_version), shop.now))


def test_a_subscriber_who_is_moved_has_the_newest_version_whatever_stripe_says_again(
    shop: DoubleShop,
) -> None:
    subscribed(shop)
    shop.sell(selling(LARGER))
    assert moves(shop) == [Move("acme", PlanVersion("starter", 1), PlanVersion("starter", 2), None)]
    assert had(shop) == ("starter", 1)
    migrator(shop).apply(moves(shop)[0], Change("ada", shop.now, "larger for all"))
    shop.deliver_webhooks()
    assert reconcile_tenant(shop.billing, "acme", repair=True, now=shop.now) == []
    assert (had(shop), token_limit(shop), moves(shop)) == (("starter", 2), 600_000, [])
    entry = trail_of(shop.place.directory)[-1]
    assert (entry.actor, entry.action, entry.before, entry.after, entry.reason) == (
        "ada",
        "plan.version_changed",
        "starter (version 1)",
        "starter (version 2)",
        "larger for all",
    )


def test_who_pays_a_price_that_the_newest_version_does_not_sell_is_not_moved(shop: DoubleShop) -> None:
    subscribed(shop)
    shop.sell(selling(DEARER))
    (move,) = moves(shop)
    assert move.refusal == (
        "pays 29.00 USD by the month, which version 2 does not sell: change its subscription in Stripe, and it gets"
        " that version"
    )
    with pytest.raises(Conflict, match="cannot be moved: pays"):
        migrator(shop).apply(move, Change("ada", shop.now))
    assert had(shop) == ("starter", 1)


@pytest.mark.parametrize(
    ("tokens", "refusal"),
    [
        (400_000, None),
        (400_001, "would have used 400,001 of 400,000 tokens in this period"),
    ],
)
def test_who_would_be_over_a_lower_limit_is_not_moved(
    tokens: int, refusal: str | None, shop: DoubleShop
) -> None:
    set_plan(shop.place.directory, "acme", STARTER, Change("ada", shop.now))
    used = event_of("e", TokenPools(tokens, 0, tokens), None, None, ts=shop.now)
    migrator(shop).ledger.record(tenant_of(shop), [used], shop.now)
    shop.sell(selling(SMALLER))
    assert [move.refusal for move in moves(shop)] == [refusal]


def test_who_would_be_over_a_new_limit_of_cost_is_not_moved(shop: DoubleShop) -> None:
    set_plan(shop.place.directory, "acme", STARTER, Change("ada", shop.now))
    used = event_of("e", TokenPools(1, 0, 1), None, 5 * 10**9 + 1, ts=shop.now)
    migrator(shop).ledger.record(tenant_of(shop), [used], shop.now)
    shop.sell(selling(replace(STARTER, cost_limit_nanousd=5 * 10**9)))
    (move,) = moves(shop)
    assert move.refusal == "would have used $5.000000001 of $5.00 at providers in this period"


def test_a_plan_that_was_set_by_hand_is_moved_too_and_only_from_the_version_that_is_asked(
    shop: DoubleShop,
) -> None:
    set_plan(shop.place.directory, "acme", STARTER, Change("ada", shop.now))
    shop.sell(selling(LARGER))
    assert moves(shop, from_version=2) == []
    (move,) = moves(shop, from_version=1)
    migrator(shop).apply(move, Change("ada", shop.now))
    assert had(shop) == ("starter", 2)


def test_a_tenant_whose_plan_changes_meanwhile_is_not_moved(shop: DoubleShop) -> None:
    set_plan(shop.place.directory, "acme", STARTER, Change("ada", shop.now))
    shop.sell(selling(LARGER))
    (move,) = moves(shop)
    set_plan(shop.place.directory, "acme", ENTERPRISE, Change("ada", shop.now))
    with pytest.raises(Conflict, match="its plan has changed"):
        migrator(shop).apply(move, Change("ada", shop.now))
    assert had(shop) == ("enterprise", 1)


def test_only_the_tenants_that_are_named_are_moved_and_unknown_ones_are_reported(shop: DoubleShop) -> None:
    set_plan(shop.place.directory, "acme", STARTER, Change("ada", shop.now))
    shop.sell(selling(LARGER))
    newest = shop.plans.find("starter")
    assert newest is not None
    found = migrator(shop).find_moves(Migration(newest, tenant_ids=frozenset({"acme", "ghost"})), shop.now)
    with pytest.raises(NotFound, match="there is no tenant ghost"):
        list(found)
    assert list(migrator(shop).find_moves(Migration(newest, tenant_ids=frozenset()), shop.now)) == []
