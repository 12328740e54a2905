"""Calls of stripe-python: their errors as ours, their objects as dictionaries."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import stripe

from shared.domain.errors import Conflict, NotFound, Unavailable

R = TypeVar("R")

_MISSING = "resource_missing"
_RETRY_AFTER_SECONDS = 10


def answer_of(call: Callable[[], R]) -> R:
    """Return the result of `call`. Raise NotFound for a missing object, Unavailable for any other failure."""
    try:
        return call()
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise Unavailable("Stripe does not respond", retry_after_seconds=_RETRY_AFTER_SECONDS) from error
    except stripe.IdempotencyError as error:
        message = "another order is being placed; try again in a minute"
        raise Conflict(message, code="order_in_progress") from error
    except stripe.InvalidRequestError as error:
        refusal = f"Stripe refused the request: {error.user_message}"
        raise (NotFound if error.code == _MISSING else Unavailable)(refusal) from error
    except stripe.StripeError as error:
        raise Unavailable(f"Stripe returned an error ({type(error).__name__})") from error


def found_by(call: Callable[[], Any]) -> dict[str, Any] | None:
    """Return the object that `call` retrieves; None if it does not exist."""
    try:
        found: dict[str, Any] = answer_of(call).to_dict()
    except NotFound:
        return None
    return found


def all_pages(page: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list, also those of its next pages."""
    return [each.to_dict() for each in page.auto_paging_iter()]
