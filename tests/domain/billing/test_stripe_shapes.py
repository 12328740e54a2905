"""Tests of reading Stripe's objects: any JSON is read or refused with a reason."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.billing.stripe_events import NotAnEvent, read_event, subscription_object
from shared.domain.billing.stripe_fields import InvalidStripeObject
from shared.domain.billing.stripe_invoice_shapes import MAX_LINES, InvoiceLine, read_invoice
from shared.domain.billing.stripe_subscription_shapes import read_subscription
from tests.golden.stripe_payloads import SHAPES, changed, read_cases, webhooks
from tests.plans import PLANS

CASES = {shape: read_cases(f"stripe_{shape}") for shape in SHAPES}
SUBSCRIPTION: dict[str, Any] = CASES["endive"]["subscription"]
INVOICE: dict[str, Any] = CASES["endive"]["invoice"]
EVENT = webhooks("endive")[1]
ITEM: dict[str, Any] = SUBSCRIPTION["items"]["data"][0]

READERS: dict[str, Callable[[object], object]] = {
    "subscription": partial(read_subscription, plans=PLANS),
    "invoice": read_invoice,
    "event": partial(read_event, readers={}),
}

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
any_json = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def item_with(price: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**ITEM, **fields, "price": {**ITEM["price"], **price}}


def subscription_of(*items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**SUBSCRIPTION, **fields, "items": {"object": "list", "data": list(items)}}


def paths_of(value: Any, path: str = "") -> Iterator[str]:
    """Yield every dotted path into a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in pairs:
        yield f"{path}{name}"
        yield from paths_of(member, f"{path}{name}.")


BREAKABLE = [
    (kind, CASES[shape][kind], path)
    for shape in SHAPES
    for kind in ("subscription", "invoice")
    for path in paths_of(CASES[shape][kind])
] + [("event", EVENT, path) for path in paths_of(EVENT)]


def read_or_refused(kind: str, value: object) -> str:
    """Return `read`, or the message of the refusal; any other exception fails the test."""
    try:
        READERS[kind](value)
    except InvalidStripeObject as refused:
        return refused.message
    return "read"


@given(st.sampled_from(BREAKABLE), any_json)
def test_an_object_with_any_value_anywhere_is_read_or_refused_by_path(
    target: tuple[str, dict[str, Any], str], value: object
) -> None:
    kind, whole, path = target
    result = read_or_refused(kind, changed(whole, {path: value}))
    assert result == "read" or result.startswith(f"{kind}.")


@pytest.mark.parametrize("value", [None, True, -1, 1.5, "", "text", [], [None], {}, 2**63], ids=repr)
def test_a_wrong_value_in_any_field_is_read_or_refused_by_path(value: object) -> None:
    results = {
        (kind, path): read_or_refused(kind, changed(whole, {path: value})) for kind, whole, path in BREAKABLE
    }
    refused = {kind for (kind, _), message in results.items() if message != "read"}
    assert refused == set(READERS)
    assert all(message == "read" or message.startswith(f"{kind}.") for (kind, _), message in results.items())


@pytest.mark.parametrize("kind", READERS)
@given(any_json)
def test_any_other_json_is_refused_with_a_reason(kind: str, value: object) -> None:
    assert read_or_refused(kind, value).startswith(kind)


@pytest.mark.parametrize("kind", READERS)
def test_an_object_without_one_of_its_fields_is_read_or_refused_by_path(kind: str) -> None:
    whole = {"subscription": SUBSCRIPTION, "invoice": INVOICE, "event": EVENT}[kind]
    results = {
        name: read_or_refused(kind, {key: whole[key] for key in whole if key != name}) for name in whole
    }
    refused = {name for name, message in results.items() if message != "read"}
    assert refused == {
        "subscription": {"id", "customer", "status", "items", "created"},
        "invoice": {
            "id", "status", "currency", "created", "attempt_count",
            "total", "amount_due", "amount_paid", "amount_remaining",
        },
        "event": {"id", "object", "type", "created", "data"},
    }[kind]  # fmt: skip  # one line per object
    assert all(results[name].startswith(f"{kind}.{name} is None, but must be ") for name in refused)


def test_an_event_is_read_whole() -> None:
    event = read_event(EVENT, {EVENT["type"]: partial(subscription_object, plans=PLANS)})
    assert (event.id, event.type) == ("evt_1Q02", "customer.subscription.updated")
    assert event.created == datetime(2026, 10, 15, 9, 30, 20 + 3, tzinfo=UTC)
    assert (event.api_version, event.livemode) == ("2026-10-28.endive", False)
    assert event.payload == read_subscription(EVENT["data"]["object"], PLANS)
    assert (event.customer_id, event.tenant_id) == ("cus_RAcme", "acme")
    assert event.changed == {"status", "default_payment_method"}


def test_an_event_of_a_type_that_changes_nothing_says_so() -> None:
    assert read_event(webhooks("endive")[0], {}).changed == frozenset()


def test_a_thin_event_is_refused() -> None:
    thin = {"id": "evt_1", "object": "v2.core.event", "type": "v1.billing.meter.no_meter_found"}
    with pytest.raises(NotAnEvent, match=r"event\.object is 'v2\.core\.event', but must be one of event"):
        read_event(thin, {})


def test_a_status_that_is_not_known_is_refused() -> None:
    with pytest.raises(
        InvalidStripeObject, match=r"subscription\.status is 'dormant', but must be one of incompl"
    ):
        read_subscription({**SUBSCRIPTION, "status": "dormant"}, PLANS)


def test_instants_are_aware_and_in_utc() -> None:
    names = ("created", "trial_start", "trial_end", "cancel_at", "ended_at")
    snapshot = read_subscription(SUBSCRIPTION | dict.fromkeys(names, 1_792_056_620), PLANS)
    for name in names:
        instant = getattr(snapshot, name)
        assert instant == datetime(2026, 10, 15, 9, 30, 20, tzinfo=UTC)
        assert instant.utcoffset() == UTC.utcoffset(None)


def test_an_expanded_reference_is_its_id() -> None:
    expanded = {**SUBSCRIPTION, "customer": {"id": "cus_RAcme", "object": "customer", "deleted": True}}
    assert read_subscription(expanded, PLANS) == read_subscription(SUBSCRIPTION, PLANS)


def test_an_expanded_product_names_the_plan() -> None:
    product = {"id": "prod_1", "object": "product", "metadata": {"gwi_plan": "enterprise"}}
    sold = item_with({"lookup_key": None, "product": product})
    assert read_subscription(subscription_of(sold), PLANS).plan == "enterprise"
    assert (
        read_subscription(subscription_of(item_with({"lookup_key": None, "product": "prod_1"})), PLANS).plan
        is None
    )


def test_of_several_items_the_one_that_maps_to_a_plan_decides() -> None:
    support = item_with(
        {"id": "price_support", "lookup_key": None, "product": "prod_1"}, current_period_end=1_792_056_621
    )
    for items in ([ITEM, support], [support, ITEM]):
        snapshot = read_subscription(subscription_of(*items, metadata={"gwi_plan": "enterprise"}), PLANS)
        assert (snapshot.plan, snapshot.price_id) == ("starter", "price_1QStarterMonth")
        assert snapshot.period_end == datetime(2026, 11, 15, 9, 30, 20, tzinfo=UTC)


def test_of_several_plans_the_highest_decides() -> None:
    better = item_with({"id": "price_pro", "lookup_key": "gwi_pro_year"})
    for items in ([ITEM, better], [better, ITEM]):
        assert read_subscription(subscription_of(*items), PLANS).plan == "professional"


def test_without_a_mapped_price_the_subscriptions_metadata_may_name_the_plan() -> None:
    odd = item_with({"id": "price_odd", "lookup_key": None, "product": "prod_1"})
    snapshot = read_subscription(subscription_of(odd, ITEM | odd, metadata={"gwi_plan": "pro"}), PLANS)
    assert (snapshot.plan, snapshot.price_id, snapshot.tenant_id) == ("professional", "price_odd", None)


def test_a_price_of_zero_in_another_currency_maps_to_its_plan() -> None:
    gift = item_with({"unit_amount": 0, "unit_amount_decimal": "0", "currency": "jpy"})
    assert read_subscription(subscription_of(gift), PLANS).plan == "starter"


def test_a_subscription_without_items_is_refused() -> None:
    with pytest.raises(InvalidStripeObject, match=r"subscription\.items is .*, but must hold an item"):
        read_subscription(subscription_of(), PLANS)


@pytest.mark.parametrize(
    ("status", "invoice", "collection", "read"),
    [
        ("active", {"status": "open"}, "charge_automatically", ("incomplete", True)),
        ("past_due", {"status": "open"}, "charge_automatically", ("incomplete", False)),
        ("canceled", {"status": "open"}, "charge_automatically", ("canceled", False)),
        ("active", {"status": "paid"}, "charge_automatically", ("active", False)),
        ("active", {"status": "open", "billing_reason": "subscription_cycle"}, None, ("active", False)),
        ("active", {"status": "open"}, "send_invoice", ("active", False)),
        ("active", "in_1", "charge_automatically", ("active", False)),
    ],
)
def test_a_subscription_begins_when_its_first_invoice_is_paid(
    status: str, invoice: Any, collection: str | None, read: tuple[str, bool]
) -> None:
    if isinstance(invoice, dict):
        invoice = {"id": "in_1", "billing_reason": "subscription_create", **invoice}
    changes = {"status": status, "latest_invoice": invoice, "collection_method": collection}
    found = read_subscription(CASES["endive"]["subscription"] | changes, PLANS)
    assert (found.status, found.is_payment_pending) == read


def test_an_invoice_without_a_subscription_has_its_own_period() -> None:
    single = read_invoice({**INVOICE, "parent": None, "lines": None})
    assert single.subscription_id is None
    assert single.period_start == datetime(2026, 10, 15, 9, 30, 20, tzinfo=UTC)
    assert single.period_end == datetime(2026, 11, 15, 9, 30, 20, tzinfo=UTC)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_proration_does_not_change_the_period_of_an_invoice(shape: str) -> None:
    whole = CASES[shape]["invoice"]
    flag = "proration" if shape == "acacia" else "parent.subscription_item_details.proration"
    prorated = changed(whole["lines"]["data"][0], {flag: True, "period.start": 1_700_000_000})
    both = changed(whole, {"lines.data": [*whole["lines"]["data"], prorated]})
    read = read_invoice(both)
    assert replace(read, lines=read.lines[:1]) == read_invoice(whole)


def test_an_invoice_of_no_duration_is_read_and_one_that_runs_backwards_is_refused() -> None:
    first = changed(INVOICE, {"lines.data": [], "period_start": 1_792_056_620, "period_end": 1_792_056_620})
    assert read_invoice(first).period_start == read_invoice(first).period_end
    with pytest.raises(InvalidStripeObject, match="invoice has a period from 2026-10-15 09:30:20"):
        read_invoice({**first, "period_end": 1_792_056_619})


@pytest.mark.parametrize(("reported", "without_tax"), [(2_437, 2_437), (0, 0), (None, INVOICE["total"])])
def test_the_total_without_tax_is_the_total_where_stripe_does_not_state_it(
    reported: int | None, without_tax: int
) -> None:
    assert read_invoice({**INVOICE, "total_excluding_tax": reported}).total_without_tax == without_tax
    untold = {name: value for name, value in INVOICE.items() if name != "total_excluding_tax"}
    assert read_invoice(untold).total_without_tax == INVOICE["total"]


@pytest.mark.parametrize(("count", "read"), [(3, 3), (1, 1), (None, 1), (0, 1)])
def test_a_price_may_be_paid_every_few_intervals(count: int | None, read: int) -> None:
    price = SUBSCRIPTION["items"]["data"][0]["price"]
    recurring = {**price["recurring"], "interval_count": count}
    found = read_subscription(subscription_of(item_with({**price, "recurring": recurring})), PLANS)
    assert found.interval_count == read


def test_the_status_null_of_an_invoice_that_is_not_finalized_is_a_draft() -> None:
    assert read_invoice({**INVOICE, "status": None}).status == "draft"
    with pytest.raises(InvalidStripeObject, match=r"invoice\.status is 'lost', but must be one of draft"):
        read_invoice({**INVOICE, "status": "lost"})


def test_the_first_lines_of_an_invoice_are_read_and_it_says_whether_there_are_more() -> None:
    line = INVOICE["lines"]["data"][0]
    lines = [changed(line, {"description": f"Line {number}", "amount": -number}) for number in range(25)]
    read = read_invoice(changed(INVOICE, {"lines.data": lines}))
    assert read.lines == tuple(InvoiceLine(f"Line {number}", -number) for number in range(MAX_LINES))
    assert read.has_more_lines
    assert not read_invoice(changed(INVOICE, {"lines.data": lines[:MAX_LINES]})).has_more_lines
    assert read_invoice(changed(INVOICE, {"lines.has_more": True})).has_more_lines


@pytest.mark.parametrize("description", [None, "", 7])
def test_a_line_without_a_description_does_not_refuse_the_invoice(description: object) -> None:
    (line,) = read_invoice(changed(INVOICE, {"lines.data.0.description": description})).lines
    assert (line.description or None, line.amount) == (None, 2_900)


def test_a_credit_note_may_make_an_amount_negative_but_not_larger_than_64_bits() -> None:
    assert read_invoice({**INVOICE, "total": -500}).total == -500
    with pytest.raises(
        InvalidStripeObject, match=r"invoice\.total is 9223372036854775808, but must be an integer"
    ):
        read_invoice({**INVOICE, "total": 2**63})


def test_a_message_shortens_a_long_value() -> None:
    with pytest.raises(InvalidStripeObject) as refused:
        read_subscription(json.loads(json.dumps({**SUBSCRIPTION, "status": "x" * 10_000})), PLANS)
    assert len(refused.value.message) < 250
