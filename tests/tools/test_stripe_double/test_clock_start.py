"""The double's time may begin anywhere, as long as it contradicts nobody's history."""

import time
import urllib.error

import pytest

from tests.tools.test_stripe_double.shop import DAY, Shop


def now_of(shop: Shop) -> int:
    return int(shop.look("health")["now"])


@pytest.mark.parametrize("days", [-40, 0, 40])
def test_time_begins_where_it_is_set_and_runs_on(shop: Shop, days: int) -> None:
    beginning = int(time.time()) + days * DAY
    assert shop.control("clock/start", to=beginning)["now"] >= beginning
    made = shop.subscribe()
    assert beginning <= made.created <= beginning + 60
    assert made["items"].data[0].current_period_start == made.created


def test_a_life_that_began_in_the_past_can_be_brought_to_the_present(shop: Shop) -> None:
    shop.control("clock/start", to=int(time.time()) - 40 * DAY)
    made = shop.subscribe()
    shop.control("clock/advance", to=int(time.time()))
    renewed = shop.stripe.v1.subscriptions.retrieve(made.id)
    start, end = (renewed["items"].data[0][f"current_period_{name}"] for name in ("start", "end"))
    assert start == made["items"].data[0].current_period_end
    assert start < time.time() < end


def test_with_customers_time_only_moves_forwards(shop: Shop) -> None:
    shop.customer()
    before = now_of(shop)
    with pytest.raises(urllib.error.HTTPError) as refused:
        shop.control("clock/start", to=before - DAY)
    refused.value.close()
    assert refused.value.code == 400
    assert before <= now_of(shop) <= before + 60


@pytest.mark.parametrize("to", ["soon", 1.5, True, -(10**12)])
def test_what_is_no_instant_of_ours_is_refused(shop: Shop, to: object) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        shop.control("clock/start", to=to)
    refused.value.close()
    assert refused.value.code == 400
