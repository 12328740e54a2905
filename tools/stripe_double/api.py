"""Owns the /v1 interface: key, version, idempotency, parameters, answer; errors as Stripe writes them."""

import json
from dataclasses import dataclass
from typing import Any

from flask import Flask, Request, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from tools.stripe_double import (
    catalog,
    checkout,
    credit_notes,
    customers,
    portal,
    portal_configurations,
    reading,
    refunds,
    schedules,
    subscriptions,
    webhook_endpoints,
)
from tools.stripe_double.account import CURRENT_VERSION, Account, new_id
from tools.stripe_double.due_work import run_due_work
from tools.stripe_double.expansion import expand
from tools.stripe_double.failures import Failures
from tools.stripe_double.idempotency import Kept
from tools.stripe_double.parameters import Params, decode
from tools.stripe_double.refusals import Refusal, invalid
from tools.stripe_double.routes import Route

LARGEST_BODY_BYTES = 1 << 20

ROUTES: tuple[Route, ...] = (
    *catalog.ROUTES,
    *checkout.ROUTES,
    *credit_notes.ROUTES,
    *customers.ROUTES,
    *portal.ROUTES,
    *portal_configurations.ROUTES,
    *reading.ROUTES,
    *refunds.ROUTES,
    *schedules.ROUTES,
    *subscriptions.ROUTES,
    *webhook_endpoints.ROUTES,
)
# Built once: Flask would compile every rule again for each double.
_PATHS = Map([Rule(route.path, endpoint=route, methods=[route.method]) for route in ROUTES])


@dataclass(frozen=True)
class Answer:
    """The answer to a request."""

    status: int
    body: dict[str, Any]


class Api:
    """Answers requests about one account, one after another."""

    def __init__(self, account: Account, failures: Failures) -> None:
        self.account = account
        self.failures = failures

    def serve(self, app: Flask) -> None:
        """Answer everything below /v1 in a Flask application."""
        methods = ["GET", "POST", "DELETE", "PUT", "PATCH"]
        app.add_url_rule(
            "/v1/<path:_rest>", "v1", lambda _rest: self._respond(*_find_route(request)), methods=methods
        )

    def _respond(self, route: Route | None, ids: dict[str, str]) -> Response:
        request_id = new_id("req")
        with self.account.lock:
            try:
                answer = self._answer(route, tuple(ids.values()), request)
            except Refusal as refusal:
                answer = _refused(refusal)
        headers = {"Request-Id": request_id, "Stripe-Version": CURRENT_VERSION, "Cache-Control": "no-store"}
        text = json.dumps(answer.body, indent=2) + "\n"
        return Response(text, answer.status, headers, mimetype="application/json")

    def _answer(self, route: Route | None, ids: tuple[str, ...], asked: Request) -> Answer:
        """Carry a request out, unless its idempotency key was answered before."""
        _authenticate(asked)
        _require_version(asked)
        failure = self.failures.strike(asked.path)
        if failure is not None or route is None:
            raise failure or _unrecognized(asked)
        encoded, now = _encoded(asked), self.account.clock.now()
        key = asked.headers.get("Idempotency-Key", "") if route.method == "POST" else ""
        form = route.method, asked.path, encoded
        kept = self.account.kept_answers.find(key, form, now) if key else None
        if kept is not None:
            return Answer(kept.status, kept.body)
        params = route.schema("", decode(encoded))
        run_due_work(self.account)
        with self.account.at_one_instant():
            answer = self._carry_out(route, ids, params)
        if key:
            kept = Kept(request=form, status=answer.status, body=answer.body, kept_at=now)
            self.account.kept_answers.keep(key, kept)
        return answer

    def _carry_out(self, route: Route, ids: tuple[str, ...], params: Params) -> Answer:
        """Run the route; its refusals are answers to keep, as they came from carrying the request out."""
        try:
            body = self.account.present(route.answer(self.account, params, *ids))
            expand(self.account, body, params.get("expand", []))
        except Refusal as refusal:
            return _refused(refusal)
        return Answer(200, body)


def _find_route(asked: Request) -> tuple[Route | None, dict[str, str]]:
    """Return the route of a request and the ids of its path; no route if the double has none."""
    try:
        route, ids = _PATHS.bind("").match(asked.path, asked.method)
    except HTTPException:
        return None, {}
    return route, dict(ids)


def _authenticate(asked: Request) -> None:
    given = asked.headers.get("Authorization", "")
    key = given.removeprefix("Bearer ").strip() if given.startswith("Bearer ") else ""
    if not key:
        message = "You did not provide an API key. You need to provide your API key in the Authorization"
        raise Refusal(401, "invalid_request_error", f"{message} header, using Bearer auth.")
    if not key.startswith(("sk_test_", "rk_test_")):
        raise Refusal(401, "invalid_request_error", f"Invalid API Key provided: {key[:8]}****{key[-4:]}")


def _require_version(asked: Request) -> None:
    given = asked.headers.get("Stripe-Version", CURRENT_VERSION)
    if given != CURRENT_VERSION:
        raise invalid(f"Invalid Stripe API version: {given}")


def _refused(refusal: Refusal) -> Answer:
    return Answer(refusal.status, refusal.body())


def _encoded(asked: Request) -> str:
    if asked.method == "POST":
        if (asked.content_length or 0) > LARGEST_BODY_BYTES:
            raise Refusal(413, "invalid_request_error", f"The body has more than {LARGEST_BODY_BYTES} bytes.")
        return asked.get_data(as_text=True)
    return asked.query_string.decode("ascii", "replace")


def _unrecognized(asked: Request) -> Refusal:
    message = f"Unrecognized request URL ({asked.method}: {asked.path})."
    return Refusal(404, "invalid_request_error", f"{message} The double may not know it.")
