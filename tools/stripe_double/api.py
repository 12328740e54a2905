"""Owns the /v1 interface: key, version, idempotency, parameters, answer; errors as Stripe writes them."""

import json
from dataclasses import dataclass
from typing import Any

from flask import Flask, Request, Response, request

from tools.stripe_double import (
    catalog,
    charges,
    checkout,
    customers,
    event_routes,
    invoice_routes,
    money_back,
    portal,
    subscriptions,
)
from tools.stripe_double.account import CURRENT_VERSION, Account, Cause, new_id
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
    *charges.ROUTES,
    *checkout.ROUTES,
    *customers.ROUTES,
    *event_routes.ROUTES,
    *invoice_routes.ROUTES,
    *money_back.ROUTES,
    *portal.ROUTES,
    *subscriptions.ROUTES,
)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request for a route: the ids in its path, and its own id."""

    route: Route
    ids: tuple[str, ...]
    request_id: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer to a request."""

    status: int
    body: dict[str, Any]
    request_id: str
    is_replay: bool = False


class Api:
    """Answers requests about one account, one after another."""

    def __init__(self, account: Account, failures: Failures, api_key: str | None) -> None:
        self.account = account
        self.failures = failures
        self.api_key = api_key

    def serve(self, app: Flask) -> None:
        """Put every route, and a refusal for all others, into a Flask application."""
        for route in ROUTES:
            app.add_url_rule(
                route.path,
                endpoint=f"{route.method} {route.path}",
                view_func=lambda _route=route, **ids: self._respond(_route, ids),
                methods=[route.method],
            )
        app.add_url_rule(
            "/v1/<path:_rest>",
            endpoint="unknown",
            view_func=lambda _rest: self._respond(None, {}),
            methods=["GET", "POST", "DELETE", "PUT", "PATCH"],
        )

    def _respond(self, route: Route | None, ids: dict[str, str]) -> Response:
        with self.account.lock:
            answer = self._answer(route, tuple(ids.values()), request)
        headers = {"Request-Id": answer.request_id, "Cache-Control": "no-store"}
        headers["Stripe-Version"] = request.headers.get("Stripe-Version", CURRENT_VERSION)
        key = request.headers.get("Idempotency-Key")
        if key:
            headers["Idempotency-Key"] = key
        if answer.is_replay:
            headers |= {"Idempotent-Replayed": "true", "Original-Request": answer.request_id}
        text = json.dumps(answer.body, indent=2) + "\n"
        return Response(text, answer.status, headers, mimetype="application/json")

    def _answer(self, route: Route | None, ids: tuple[str, ...], asked: Request) -> Answer:
        request_id = new_id("req")
        try:
            self._authenticate(asked)
            _require_version(asked)
            failure = self.failures.strike(asked.path, after_effect=False)
            if failure is not None or route is None:
                raise failure or _unrecognized(asked)
            call = Call(route=route, ids=ids, request_id=request_id)
            answer = self._once(call, _encoded(asked))
            failure = self.failures.strike(asked.path, after_effect=True)
            if failure is not None:
                raise failure
        except Refusal as refusal:
            return _refused(refusal, request_id)
        return answer

    def _once(self, call: Call, encoded: str) -> Answer:
        """Carry the call out, unless its idempotency key was answered before."""
        key = request.headers.get("Idempotency-Key", "") if call.route.method == "POST" else ""
        asked = call.route.method, request.path, encoded
        now = self.account.clock.now()
        if len(key) > 255:
            raise invalid("Idempotency keys have at most 255 characters.")
        kept = self.account.kept_answers.find(key, asked, now) if key else None
        if kept is not None:
            return Answer(status=kept.status, body=kept.body, request_id=kept.request_id, is_replay=True)
        params = call.route.schema("", decode(encoded))
        run_due_work(self.account)
        with self.account.acting(Cause(call.request_id, key or None)):
            answer = self._carry_out(call, params)
        if key:
            self.account.kept_answers.keep(
                key,
                Kept(
                    request=asked,
                    status=answer.status,
                    body=answer.body,
                    request_id=answer.request_id,
                    kept_at=now,
                ),
            )
        return answer

    def _carry_out(self, call: Call, params: Params) -> Answer:
        """Run the route; its refusals are answers to keep, as they came from carrying the request out."""
        try:
            body = self.account.present(call.route.answer(self.account, params, *call.ids))
            expand(self.account, body, params.get("expand", []))
        except Refusal as refusal:
            return _refused(refusal, call.request_id)
        return Answer(status=200, body=body, request_id=call.request_id)

    def _authenticate(self, asked: Request) -> None:
        given = asked.headers.get("Authorization", "")
        key = asked.authorization.username if asked.authorization else None
        key = given.removeprefix("Bearer ").strip() if given.startswith("Bearer ") else key
        if not key:
            message = "You did not provide an API key. You need to provide your API key in the Authorization"
            raise Refusal(401, "invalid_request_error", f"{message} header, using Bearer auth.")
        if key != self.api_key and not (self.api_key is None and key.startswith(("sk_test_", "rk_test_"))):
            shown = f"{key[:8]}{'*' * max(0, len(key) - 12)}{key[-4:]}" if len(key) > 12 else "*" * len(key)
            raise Refusal(401, "invalid_request_error", f"Invalid API Key provided: {shown}")


def _require_version(asked: Request) -> None:
    given = asked.headers.get("Stripe-Version", CURRENT_VERSION)
    if given != CURRENT_VERSION:
        raise invalid(f"Invalid Stripe API version: {given}")


def _refused(refusal: Refusal, request_id: str) -> Answer:
    return Answer(status=refusal.status, body=refusal.body(request_id), request_id=request_id)


def _encoded(asked: Request) -> str:
    if asked.method == "POST":
        if (asked.content_length or 0) > LARGEST_BODY_BYTES:
            raise Refusal(413, "invalid_request_error", f"The body has more than {LARGEST_BODY_BYTES} bytes.")
        return asked.get_data(as_text=True)
    return asked.query_string.decode("ascii", "replace")


def _unrecognized(asked: Request) -> Refusal:
    message = f"Unrecognized request URL ({asked.method}: {asked.path})."
    return Refusal(404, "invalid_request_error", f"{message} The double may not know it.")
