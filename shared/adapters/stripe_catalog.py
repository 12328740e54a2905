"""Our products, prices and portal configuration in Stripe."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.adapters.stripe_calls import answer_of, found_by
from shared.domain.billing.plan_mapping import VERSION_METADATA_KEY, PriceSpec, ProductSpec
from shared.domain.errors import Unavailable

_PORTAL_MARK: Final = {"gwi_portal": "1"}
"""The metadata by which our portal configuration is found among the seller's own."""
_PORTAL_PRODUCTS: Final = "data.features.subscription_update.products"
_UNTAXED: Final = frozenset({None, "unspecified", "exclusive"})
"""With an inclusive tax, less than the price is ours."""


class StripeCatalog:
    """Creates and repairs what the plans need in Stripe."""

    def __init__(self, v1: Any) -> None:
        self._v1 = v1
        self._portal_id: str | None = None

    def sync(self, products: Sequence[ProductSpec]) -> list[str]:
        """Create or repair products, prices and the portal configuration; return a sentence for each change."""
        changes: list[str] = []
        for product in products:
            changes += self._sync_product(product)
            for price in product.prices:
                changes += self._sync_price(product, price)
        return changes + self._sync_portal(products)

    def find_price(self, lookup_key: str) -> dict[str, Any] | None:
        """Return the active price with that lookup key."""
        params: Any = {"lookup_keys": [lookup_key], "active": True, "limit": 1}
        prices = answer_of(lambda: self._v1.prices.list(params)).data
        return dict(prices[0].to_dict()) if prices else None

    def portal_configuration(self) -> str:
        """Return the id of our portal configuration; ask Stripe once. Raise Unavailable if there is none."""
        if self._portal_id is None:
            found = self._find_portal()
            if found is None:
                hint = "run `python -m tools.admin stripe sync-catalog`"
                raise Unavailable(
                    f"Stripe has no portal configuration of ours: {hint}", retry_after_seconds=60
                )
            self._portal_id = str(found["id"])
        return self._portal_id

    def forget_portal(self) -> None:
        """Ask Stripe for the portal configuration again: the known one was switched off."""
        self._portal_id = None

    def _sync_product(self, spec: ProductSpec) -> list[str]:
        wanted: Any = {"name": spec.name, "metadata": dict(spec.metadata), "active": True}
        found = found_by(lambda: self._v1.products.retrieve(spec.id))
        if found is None:
            created: Any = {"id": spec.id, **wanted}
            answer_of(lambda: self._v1.products.create(created))
            return [f"created product {spec.id}"]
        metadata = found["metadata"]
        is_named = (found["name"], found["active"]) == (spec.name, True)
        # Other keys in the metadata are the seller's own.
        if is_named and {**metadata, **spec.metadata} == metadata:
            return []
        answer_of(lambda: self._v1.products.update(spec.id, wanted))
        return [f"repaired product {spec.id}"]

    def _sync_price(self, product: ProductSpec, spec: PriceSpec) -> list[str]:
        """Create the price; move the lookup key from one with wrong terms, which Stripe cannot change."""
        found = self.find_price(spec.lookup_key)
        if found and _is_as_specified(found, product, spec):
            return []
        wanted: Any = {
            "product": product.id,
            "currency": spec.currency,
            "unit_amount": spec.unit_amount,
            "recurring": {"interval": spec.interval},
            "lookup_key": spec.lookup_key,
            "transfer_lookup_key": True,
            # The plan's name for existing subscribers after the lookup key has moved to the next price.
            "metadata": {**product.metadata, VERSION_METADATA_KEY: str(product.version)},
        }
        answer_of(lambda: self._v1.prices.create(wanted))
        return [f"{'replaced' if found else 'created'} price {spec.lookup_key}"]

    def _sync_portal(self, products: Sequence[ProductSpec]) -> list[str]:
        features = self._portal_features(products)
        found = self._find_portal()
        if found is None:
            wanted: Any = {"features": features, "metadata": _PORTAL_MARK}
            answer_of(lambda: self._v1.billing_portal.configurations.create(wanted))
            return ["created portal configuration"]
        if _covers(found["features"], features):
            return []
        changed: Any = {"features": features}
        answer_of(lambda: self._v1.billing_portal.configurations.update(found["id"], changed))
        return ["repaired portal configuration"]

    def _portal_features(self, products: Sequence[ProductSpec]) -> dict[str, Any]:
        """Return what a customer may do: change to our prices, cancel at the period's end, no quantities.

        What costs less or is paid for more often takes effect at the period's end.
        """
        conditions = [{"type": "decreasing_item_amount"}, {"type": "shortening_interval"}]
        return {
            "customer_update": {"enabled": True, "allowed_updates": ["address", "email", "tax_id"]},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
            "subscription_update": {
                "enabled": True,
                "default_allowed_updates": ["price"],
                "proration_behavior": "always_invoice",
                "products": [self._portal_product(product) for product in products],
                "schedule_at_period_end": {"conditions": conditions},
            },
        }

    def _portal_product(self, product: ProductSpec) -> dict[str, Any]:
        prices = [self.find_price(price.lookup_key) for price in product.prices]
        return {
            "product": product.id,
            "prices": [price["id"] for price in prices if price],
            "adjustable_quantity": {"enabled": False},
        }

    def _find_portal(self) -> dict[str, Any] | None:
        params: Any = {"active": True, "limit": 100, "expand": [_PORTAL_PRODUCTS]}
        listed = answer_of(lambda: self._v1.billing_portal.configurations.list(params)).data
        marked = [each.to_dict() for each in listed if each.to_dict()["metadata"].get("gwi_portal")]
        return marked[0] if marked else None


def _is_as_specified(price: Mapping[str, Any], product: ProductSpec, spec: PriceSpec) -> bool:
    """Return whether a price charges what it should: its amount, how often, and per unit without conditions."""
    recurring = price["recurring"] or {}
    terms = {
        "currency": (price["currency"], spec.currency),
        "unit_amount": (price["unit_amount"], spec.unit_amount),
        "product": (price["product"], product.id),
        "version": ((price.get("metadata") or {}).get(VERSION_METADATA_KEY, "1"), str(product.version)),
        "interval": (recurring.get("interval"), spec.interval),
        "interval_count": (recurring.get("interval_count", 1), 1),
        "usage_type": (recurring.get("usage_type", "licensed"), "licensed"),
        "billing_scheme": (price.get("billing_scheme", "per_unit"), "per_unit"),
        "transform_quantity": (price.get("transform_quantity"), None),
    }
    is_untaxed = price.get("tax_behavior") in _UNTAXED
    return is_untaxed and all(found == wanted for found, wanted in terms.values())


def _covers(found: Any, wanted: Any) -> bool:
    """Return whether `found` has everything that is wanted; it may have more, and lists in another order."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            _covers(found.get(key), each) for key, each in wanted.items()
        )
    if isinstance(wanted, list):
        pairs = isinstance(found, list) and len(found) == len(wanted)
        return pairs and all(any(_covers(one, each) for one in found) for each in wanted)
    return bool(found == wanted)
