"""Owns the form of an API route: method, path, parameters and the function that answers."""

from collections.abc import Callable
from dataclasses import dataclass

from tools.stripe_double.account import StripeObject
from tools.stripe_double.parameters import Schema


@dataclass(frozen=True, kw_only=True)
class Route:
    """`answer(account, params, *ids)`; every `<…>` of the path is one id."""

    method: str
    path: str
    schema: Schema
    answer: Callable[..., StripeObject]


def post(path: str, schema: Schema, answer: Callable[..., StripeObject]) -> Route:
    """Return the route that creates or changes something."""
    return Route(method="POST", path=path, schema=schema, answer=answer)
