"""From the payment page to the limits, all by HTTP: while webhooks come twice, late and in any order.

The functions run on the machine's clock, and only Stripe's can be moved. So it begins 40 days ago and is brought
forward: what has failed more than a week ago is out of grace today, and what has failed since is still within.
The clock only moves forwards, so the tests of this file follow one another in its time.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running import RunningStack, eventually, running_stack
from tests.e2e.subscriber import Subscriber, new_subscriber, visit
from tests.plans import FREE, PLANS

STARTER, PROFESSIONAL = PLANS.plans[1], PLANS.plans[2]
FITS_STARTER_ONLY = FREE.token_limit + 1
GRACE = timedelta(days=7)
BEGINNING = timedelta(days=40)
"""A month later, a payment that fails is from 9 to 12 days old today."""
WITHIN_GRACE = timedelta(days=33)
"""A month later, a payment that fails is from 2 to 5 days old today."""


@pytest.fixture(scope="module")
def stack(empty_stack: RunningStack) -> Iterator[RunningStack]:
    """The empty stack, whose Stripe begins early and sends webhooks badly while this file runs."""
    move_clock(empty_stack, datetime.now(UTC) - BEGINNING, "start")
    deliver(empty_stack, shuffle=True, duplicate=1, drop_and_retry=1)
    yield empty_stack
    deliver(empty_stack, shuffle=False, duplicate=0, drop_and_retry=0)


def move_clock(stack: RunningStack, to: datetime, how: str = "advance") -> None:
    """Put Stripe's clock to an instant; what becomes due on the way happens."""
    answer = stack.post("stripe", f"/_double/clock/{how}", {"to": int(to.timestamp()) + 1})
    assert answer.status == 200, answer


def deliver(stack: RunningStack, **switches: bool | int) -> None:
    """Decide how webhooks come."""
    assert stack.post("stripe", "/_double/delivery", switches).status == 200


@pytest.fixture(scope="module")
def long_ago(stack: RunningStack) -> Subscriber:
    """Return a subscriber whose subscription starts with Stripe's clock."""
    subscriber = new_subscriber(stack, "long-ago")
    subscriber.subscribe()
    return subscriber


def test_who_pays_has_the_limits_of_the_plan_with_the_next_check(stack: RunningStack) -> None:
    alder = new_subscriber(stack, "alder")
    assert not alder.may_use(FITS_STARTER_ONLY)
    assert alder.invoices() == []
    page = visit(alder.checkout(), action="pay")
    assert (page.status, page.location) == (303, f"{stack.entries['web']}/t/alder/upgrade?checkout=success")
    assert eventually(lambda: alder.may_use(FITS_STARTER_ONLY))
    assert alder.stands("active", "starter")
    assert eventually(lambda: alder.invoices() == [("paid", 29_00)])


def test_a_declined_card_buys_nothing_until_another_one_works(stack: RunningStack) -> None:
    birch = new_subscriber(stack, "birch")
    page = birch.checkout("pro", "year")
    assert visit(page, action="decline").status == 402
    assert eventually(lambda: birch.stands("incomplete", "free"))
    assert not birch.may_use(FITS_STARTER_ONLY)
    assert visit(page, action="pay").status == 303
    assert eventually(lambda: birch.stands("active", "professional"))
    assert birch.may_use(PROFESSIONAL.token_limit)
    assert eventually(lambda: birch.invoices() == [("paid", 990_00)])


def test_a_plan_is_changed_in_the_portal_and_nowhere_else(stack: RunningStack) -> None:
    coil = new_subscriber(stack, "coil")
    coil.subscribe()
    assert eventually(lambda: coil.stands("active", "starter"))
    page = coil.checkout("professional")
    assert "Pay with a card" not in visit(page).text
    refused = stack.admin("tenant", "set-plan", "--id", coil.id, "--plan", "enterprise")
    assert (refused.returncode, refused.stderr.partition(":")[0]) == (2, "subscription_decides")
    coil.press(page, "confirm")
    assert eventually(lambda: coil.stands("active", "professional"))
    assert coil.may_use(STARTER.token_limit + 1)


def test_a_renewal_that_fails_keeps_the_plan_for_seven_days_and_not_longer(
    stack: RunningStack, long_ago: Subscriber
) -> None:
    lately = new_subscriber(stack, "lately")
    move_clock(stack, datetime.now(UTC) - WITHIN_GRACE)
    lately.subscribe()
    for each in (long_ago, lately):
        assert eventually(partial(each.stands, "active", "starter"))
        each.portal("card", outcome="decline")
    move_clock(stack, datetime.now(UTC))

    assert eventually(lambda: lately.stands("past_due", "starter"))
    assert lately.may_use(FITS_STARTER_ONLY)
    assert eventually(lambda: grace_of(lately) == GRACE)
    assert lately.instant("plan_ends_at") > datetime.now(UTC)
    assert eventually(lambda: long_ago.stands("past_due", "free"))
    assert not long_ago.may_use(FITS_STARTER_ONLY)
    assert eventually(lambda: grace_of(long_ago) == GRACE)
    assert long_ago.instant("plan_ends_at") < datetime.now(UTC)
    assert eventually(lambda: long_ago.invoices() == lately.invoices() == [("open", 29_00), ("paid", 29_00)])

    long_ago.portal("card", outcome="success")
    long_ago.portal("pay", invoice=long_ago.stack.tenant("invoices")["invoices"][0]["id"])
    assert eventually(lambda: long_ago.stands("active", "starter"))
    assert long_ago.may_use(FITS_STARTER_ONLY)
    assert eventually(lambda: long_ago.invoices() == [("paid", 29_00), ("paid", 29_00)])


def grace_of(subscriber: Subscriber) -> timedelta:
    """How long the plan stays after the payment failed; of one answer, as webhooks still arrive."""
    billing = subscriber.billing
    ends, failed = (datetime.fromisoformat(billing[name]) for name in ("plan_ends_at", "past_due_since"))
    return ends - failed


def test_lost_webhooks_are_made_up_for_by_the_daily_job(stack: RunningStack) -> None:
    deliver(stack, paused=True)
    dune = new_subscriber(stack, "dune")
    dune.subscribe()
    found = stack.admin("stripe", "reconcile", "--tenant", dune.id)
    assert found.returncode == 1
    assert "plan is free here, starter in Stripe" in str(json.loads(found.stdout)["drift"])
    assert dune.stands("none", "free")

    publish(stack, b'{"job": "reconcile"}')
    assert eventually(lambda: dune.stands("active", "starter"))
    assert eventually(lambda: dune.invoices() == [("paid", 29_00)])
    assert stack.admin("stripe", "reconcile", "--tenant", dune.id).returncode == 0

    deliver(stack, paused=False)
    assert eventually(lambda: delivered(stack, dune) >= {"checkout.session.completed", "invoice.paid"})
    assert dune.stands("active", "starter")
    assert dune.invoices() == [("paid", 29_00)]


def publish(stack: RunningStack, message: bytes) -> None:
    """Send a message to the tick's topic, as Cloud Scheduler does."""
    connection = HTTPConnection(stack.entries["pubsub"], timeout=10)
    path = f"/v1/projects/{stack.entries['project_id']}/topics/{stack.entries['tick_topic']}:publish"
    body = json.dumps({"messages": [{"data": b64encode(message).decode()}]})
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200
    finally:
        connection.close()


def delivered(stack: RunningStack, subscriber: Subscriber) -> set[str]:
    """The types of the events about a customer that have arrived."""
    test_key = stack.acting_for("nobody", "sk_test_e2e")
    events = test_key.get("stripe", "/v1/events", delivery_success="true", limit=100).content["data"]
    about = stack.admin("tenant", "show", "--id", subscriber.id)
    customer_id = json.loads(about.stdout)["billing"]["customer_id"]
    return {each["type"] for each in events if each["data"]["object"].get("customer") == customer_id}


def test_who_cancels_keeps_the_plan_until_the_period_ends(stack: RunningStack) -> None:
    echo = new_subscriber(stack, "echo")
    echo.subscribe()
    assert eventually(lambda: echo.stands("active", "starter"))
    echo.portal("cancel")
    assert eventually(lambda: echo.billing["cancel_at_period_end"])
    assert echo.stands("active", "starter")
    assert echo.may_use(FITS_STARTER_ONLY)
    assert echo.instant("plan_ends_at") == echo.instant("current_period_end") > datetime.now(UTC)

    move_clock(stack, echo.instant("current_period_end"))
    assert eventually(lambda: echo.stands("canceled", "free"))
    assert not echo.may_use(FITS_STARTER_ONLY)
    assert echo.invoices() == [("paid", 29_00)]


def test_every_webhook_came_at_least_twice_and_none_is_left(stack: RunningStack) -> None:
    assert eventually(lambda: delivery(stack)["waiting"] == [])
    arrived = [each["event"] for each in delivery(stack)["delivered"] if each["attempts"] > 1]
    assert len(arrived) > 50
    assert [event for event in {*arrived} if arrived.count(event) < 2] == []


def delivery(stack: RunningStack) -> dict[str, list[dict[str, Any]]]:
    """Return the deliveries that arrived and those that wait."""
    content: dict[str, list[dict[str, Any]]] = stack.get("stripe", "/_double/delivery").content
    return content


def test_in_memory_the_same_page_leads_to_the_same_limits(tmp_path: Path) -> None:
    with running_stack(tmp_path, "--empty", "--memory") as stack:
        demo = Subscriber(stack)
        assert not demo.may_use(STARTER.token_limit + 1)
        demo.subscribe("professional")
        assert eventually(lambda: demo.stands("active", "professional"))
        assert demo.may_use(STARTER.token_limit + 1)
        assert eventually(lambda: demo.invoices() == [("paid", 99_00)])
