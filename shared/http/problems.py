"""Errors as RFC 9457 problem documents: a stable `code`, and for invalid input each field and its value."""

import logging
from datetime import datetime

from flask import Response
from pydantic import BaseModel, Field
from werkzeug.exceptions import HTTPException

from shared.domain.billing.stripe_fields import InvalidStripeObject
from shared.domain.errors import (
    Conflict,
    FieldProblem,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    RateLimited,
    RateStatus,
    TooLarge,
    TooSlow,
    Unavailable,
    UsageError,
    cut,
)
from shared.domain.limits.metrics import LimitedMetric
from shared.domain.limits.runs import Refusal
from shared.domain.prices.money import usd_string

LOGGER = logging.getLogger("gwi_usage")


class PaymentRequired(UsageError):
    """A run that does not fit a limit, with the page on which its tenant gets a larger one."""

    def __init__(self, refusal: Refusal, upgrade_url: str) -> None:
        super().__init__(refusal.reason, code=refusal.code)
        self.refusal = refusal
        self.upgrade_url = upgrade_url


_STATUS: dict[type[UsageError], int] = {
    InvalidInput: 400,
    NotAuthenticated: 401,
    PaymentRequired: 402,
    Forbidden: 403,
    NotFound: 404,
    TooSlow: 408,
    Conflict: 409,
    TooLarge: 413,
    RateLimited: 429,
    Unavailable: 503,
    InvalidStripeObject: 422,  # an error, so that Stripe sends it again after we support its shape
}
PAYMENT_REQUIRED = 402
UNPROCESSABLE = 422
_MAX_DETAIL_CHARS = 500
_TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    402: "Payment required",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    408: "Request timeout",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid input",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable",
}


class ProblemDocument(BaseModel):
    """An error: `code` is stable, `detail` is for people, `errors` names the invalid fields.

    `truncated` is true if `errors` lists only the first of them.
    """

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldProblem] | None = None
    truncated: bool | None = None


class LimitProblem(ProblemDocument):
    """The limit that a hold does not fit. Dollars are decimal strings; tokens and runs are integers."""

    scope: str = Field(
        description="`plan`, `budget:` and its id, or `run:` and the id of the run whose hold is too small."
    )
    metric: LimitedMetric | None = None
    limit: str | int | None = None
    used: str | int | None = Field(None, description="Of the limit, as known now.")
    held: str | int | None = Field(None, description="Set aside by open runs, and not used yet.")
    asked: str | int | None = None
    resets_at: datetime | None = Field(None, description="The start of the next window, if there is one.")
    upgrade_url: str = Field(description="The page on which the tenant changes its plan.")


def problem_of(error: Exception) -> Response:
    """Return the problem document of `error`; an unexpected error is logged and not disclosed."""
    if isinstance(error, UsageError):
        return _usage_problem(error)
    if isinstance(error, HTTPException) and error.code is not None:
        headers = dict(error.get_headers())
        allowed = {"Allow": headers["Allow"]} if "Allow" in headers else None
        code = error.name.lower().replace(" ", "_")
        return _response(_document(error.code, code, error.description or error.name), allowed)
    LOGGER.exception("unexpected error", exc_info=error)
    detail = "Something went wrong on our side. The error was logged."
    return _response(_document(500, "internal_error", detail))


def _usage_problem(error: UsageError) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    headers: dict[str, str] = {}
    if isinstance(error, InvalidInput) and error.problems:
        status = UNPROCESSABLE
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, RateLimited):
        headers |= rate_headers(error.rate) | {"Retry-After": str(error.rate.retry_after_seconds)}
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if status == 500:
        LOGGER.error("%s: %s", error.code, error.message)
    document = _document(status, error.code, error.message)
    if isinstance(error, InvalidInput):
        document.errors = list(error.problems) or None
        document.truncated = error.is_truncated or None
    if isinstance(error, PaymentRequired):
        document = _limit_problem(document, error)
    return _response(document, headers)


def _limit_problem(document: ProblemDocument, error: PaymentRequired) -> LimitProblem:
    refusal = error.refusal

    def shown(amount: int | None) -> str | int | None:
        return usd_string(amount) if amount is not None and refusal.metric == "cost" else amount

    return LimitProblem(
        **document.model_dump(),
        scope=refusal.scope,
        metric=refusal.metric,
        limit=shown(refusal.limit),
        used=shown(refusal.used),
        held=shown(refusal.held),
        asked=shown(refusal.asked),
        resets_at=refusal.resets_at,
        upgrade_url=error.upgrade_url,
    )


def rate_headers(rate: RateStatus) -> dict[str, str]:
    """Return the headers with the number of requests that a caller has left."""
    return {
        "RateLimit-Limit": str(rate.limit),
        "RateLimit-Remaining": str(rate.remaining),
        "RateLimit-Reset": str(rate.reset_seconds),
    }


def _document(status: int, code: str, detail: str) -> ProblemDocument:
    # Callers write paths and names of any length, which messages repeat.
    detail = cut(detail, _MAX_DETAIL_CHARS)
    return ProblemDocument(title=_TITLES.get(status, "Error"), status=status, code=code, detail=detail)


def _response(document: ProblemDocument, headers: dict[str, str] | None = None) -> Response:
    body = document.model_dump_json(exclude_none=True)
    return Response(body, document.status, headers, mimetype="application/problem+json")
