"""Owns what the double answers when it refuses: Stripe's error types, codes, messages and status codes."""

from typing import Any


class Refusal(Exception):
    """A request that ends in Stripe's error body; stripe-python chooses its class by status and type."""

    def __init__(self, status: int, kind: str, message: str, **fields: str | None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.fields = {name: value for name, value in fields.items() if value is not None}

    def body(self) -> dict[str, Any]:
        """Return the answer's body; `code`, `param` and `decline_code` only where they apply."""
        return {"error": {**self.fields, "message": self.message, "type": self.kind}}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> Refusal:
    """400 for a request that cannot be carried out."""
    return Refusal(400, "invalid_request_error", message, param=param, code=code)


def unknown_parameter(param: str) -> Refusal:
    """400 for a parameter that nobody knows."""
    return invalid(f"Received unknown parameter: {param}", param=param, code="parameter_unknown")


def missing_parameter(param: str) -> Refusal:
    """400 for a required parameter that is not there."""
    return invalid(f"Missing required param: {param}.", param=param, code="parameter_missing")


def resource_missing(kind: str, object_id: str, *, param: str = "id", status: int = 404) -> Refusal:
    """404 for an id in the path, 400 for one in a parameter."""
    message = f"No such {kind.replace('.', ' ')}: '{object_id}'"
    return Refusal(status, "invalid_request_error", message, param=param, code="resource_missing")


def card_declined() -> Refusal:
    """402 for a card that says no."""
    return Refusal(
        402, "card_error", "Your card was declined.", code="card_declined", decline_code="generic_decline"
    )


def no_payment_method() -> Refusal:
    """400 for a customer who has no card."""
    message = (
        "This customer has no attached payment source or default payment method."
        " Please consider adding a default payment method."
    )
    return invalid(message, code="resource_missing")


def simulated(status: int) -> Refusal:
    """Return the response of the failure switch with `status`."""
    if status == 429:
        return Refusal(429, "invalid_request_error", "Too many requests.", code="rate_limit")
    if status == 409:
        return Refusal(409, "invalid_request_error", "This object is in use elsewhere.", code="lock_timeout")
    kind = "api_error" if status >= 500 else "invalid_request_error"
    return Refusal(status, kind, f"A test asked the double to fail with {status}.")
