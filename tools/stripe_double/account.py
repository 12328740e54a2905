"""Owns the account: every object, card, pending proration and event, behind one lock."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from tools.stripe_double.clock import Clock
from tools.stripe_double.idempotency import KeptAnswers
from tools.stripe_double.parameters import Params
from tools.stripe_double.refusals import resource_missing

StripeObject = dict[str, Any]

CURRENT_VERSION = "2026-10-28.endive"
CARD_OUTCOMES = ("success", "decline", "authenticate", "debit", "none")
PAYING = ("success", "debit")
"""The outcomes that begin a subscription: a debit does before it is paid."""

ID_PREFIXES = {
    "customer": "cus",
    "product": "prod",
    "price": "price",
    "checkout.session": "cs_test",
    "subscription": "sub",
    "invoice": "in",
    "invoice_payment": "inpay",
    "charge": "ch",
    "refund": "re",
    "dispute": "du",
    "credit_note": "cn",
    "billing_portal.configuration": "bpc",
    "billing_portal.session": "bps",
    "event": "evt",
    "subscription_schedule": "sub_sched",
    "webhook_endpoint": "we",
}


def new_id(prefix: str) -> str:
    """Return an id of Stripe's form."""
    return f"{prefix}_{secrets.token_hex(12)}"


class Account:
    """Everything the double remembers. Hold `lock` for every use."""

    def __init__(self, base_url: str) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.base_url = base_url
        self.on_event: Callable[[StripeObject], None] = lambda _event: None
        self.objects: dict[str, dict[str, StripeObject]] = {kind: {} for kind in ID_PREFIXES}
        self.kept_answers = KeptAnswers()
        self.cards: dict[str, str] = {}
        self.percent_of_discount: dict[str, int] = {}
        self.discount_of_checkout: dict[str, str] = {}
        self.pending_lines: dict[str, list[StripeObject]] = {}
        self.asked_of_checkout: dict[str, dict[str, Any]] = {}
        self.released_in_last_phase: set[str] = set()
        self.reminded_trials: set[tuple[str, int]] = set()

    def add(self, kind: str, fields: StripeObject, object_id: str | None = None) -> StripeObject:
        """Keep a new object of `kind` and return it."""
        object_id = object_id or new_id(ID_PREFIXES[kind])
        head = {"id": object_id, "object": kind, "created": self.clock.now(), "livemode": False}
        self.objects[kind][object_id] = {**head, **fields}
        return self.objects[kind][object_id]

    def find(self, kind: str, object_id: str, *, deleted_too: bool = False) -> StripeObject:
        """Return the object that a path names; 404 if there is none, or if it is deleted."""
        found = self.objects[kind].get(object_id)
        if found is None or ("deleted" in found and not deleted_too):
            raise resource_missing(kind, object_id)
        return found

    def referred(self, kind: str, object_id: str, param: str) -> StripeObject:
        """Return the object that a parameter names; 400 if there is none."""
        found = self.objects[kind].get(object_id)
        if found is None or "deleted" in found:
            raise resource_missing(kind, object_id, param=param, status=400)
        return found

    def present(self, found: StripeObject) -> StripeObject:
        """Return a copy as the API shows it: items carry their whole price, as it is now."""
        shown = deepcopy(found)
        if shown["object"] == "billing_portal.configuration":
            # Stripe shows these only to callers who expand them.
            del shown["features"]["subscription_update"]["products"]
        if shown["object"] == "subscription" and "items" in shown:
            for item in shown["items"]["data"]:
                item["price"] = deepcopy(self.objects["price"][item["price"]])
        return shown

    def emit(self, event_type: str, about: StripeObject, before: StripeObject | None = None) -> None:
        """Record an event about `about` as it is now, and hand it to whoever delivers."""
        shown = self.present(about)
        content: StripeObject = {"object": shown}
        if before is not None:
            content["previous_attributes"] = _previous(before, shown)
        fields = {"api_version": CURRENT_VERSION, "data": content, "pending_webhooks": 1, "type": event_type}
        self.on_event(self.add("event", fields))

    @contextmanager
    def at_one_instant(self) -> Iterator[None]:
        """Do everything in the block at one instant."""
        self.clock.pin(self.clock.now())
        try:
            yield
        finally:
            self.clock.pin(None)

    @contextmanager
    def changing(self, found: StripeObject, event_type: str) -> Iterator[None]:
        """Emit `event_type` with the previous values if the block changes `found`."""
        before = self.present(found)
        yield
        if self.present(found) != before:
            self.emit(event_type, found, before)


def _previous(before: StripeObject, after: StripeObject) -> StripeObject:
    return {name: before.get(name) for name in after if before.get(name) != after[name]}


def listing(url: str, found: list[StripeObject], *, has_more: bool = False) -> StripeObject:
    """Return Stripe's list object."""
    return {"object": "list", "data": found, "has_more": has_more, "url": url}


def given(params: Params, *names: str) -> Params:
    """Return those of the named parameters that a request has."""
    return {name: params[name] for name in names if name in params}


def merged_metadata(previous: dict[str, str], params: Params) -> dict[str, str]:
    """Return metadata after a request; an empty value unsets its key."""
    merged = {**previous, **params.get("metadata", {})}
    return {name: value for name, value in merged.items() if value != ""}
