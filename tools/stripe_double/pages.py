"""Owns the pages that customers see: Checkout, the billing portal, an invoice; plain forms that redirect."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from tools.stripe_double import page_views, subscription_update
from tools.stripe_double.account import CARD_OUTCOMES, Account, Cause, StripeObject
from tools.stripe_double.checkout import submit
from tools.stripe_double.collection import collect
from tools.stripe_double.due_work import run_due_work
from tools.stripe_double.invoice_routes import pay
from tools.stripe_double.refusals import Refusal, invalid

_CARD_OF_BUTTON = {"pay": "success", "decline": "decline", "authenticate": "authenticate", "skip": "none"}
_DECLINED = "Your card was declined. Try another card."


class Pages:
    """The pages of one account."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.done: dict[str, Callable[[StripeObject], None]] = {
            "switch": self._switch,
            "cancel": lambda session: self._set_cancellation(session, at_period_end=True),
            "keep": lambda session: self._set_cancellation(session, at_period_end=False),
            "card": self._set_card,
            "pay": self._pay,
        }

    def serve(self, app: Flask) -> None:
        """Put the pages into a Flask application."""
        both = ["GET", "POST"]
        app.add_url_rule("/c/pay/<object_id>", "checkout", self._locked(self.checkout), methods=both)
        app.add_url_rule("/p/session/<object_id>", "portal", self._locked(self.portal), methods=both)
        app.add_url_rule("/i/<object_id>", "invoice", self._locked(self.invoice), methods=both)
        app.add_url_rule("/i/<object_id>/pdf", "invoice_pdf", self._locked(self.invoice_pdf))

    def _locked(self, view: Callable[[str], ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        def answer(object_id: str) -> ResponseReturnValue:
            with self.account.lock:
                run_due_work(self.account)
                try:
                    with self.account.acting(Cause()):
                        return view(object_id)
                except Refusal as refusal:
                    return _page("message", refusal.status, title="Something is wrong", text=refusal.message)

        return answer

    def checkout(self, session_id: str) -> ResponseReturnValue:
        """Show the payment page, or do what its button says."""
        session = self.account.find("checkout.session", session_id)
        if session["status"] != "open":
            text = f"This page is {session['status']}."
            return _page("message", 410, title="You are all done here", text=text)
        action = request.form.get("action")
        if action == "cancel":
            return _to(session["cancel_url"] or session["url"])
        problem = None
        if action is not None:
            if self._submit(session, action):
                return _to(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session_id))
            problem = _DECLINED
        view = page_views.checkout_view(self.account, session)
        return _page("checkout", 402 if problem else 200, problem=problem, **view)

    def _submit(self, session: StripeObject, action: str) -> bool:
        if action not in _CARD_OF_BUTTON or (action == "skip" and not page_views.needs_no_card(session)):
            raise invalid(f"Unknown action: {action}")
        return submit(self.account, session, _CARD_OF_BUTTON[action])

    def portal(self, session_id: str) -> ResponseReturnValue:
        """Show the portal, or do what its button says; a finished flow goes to its return URL."""
        session = self.account.find("billing_portal.session", session_id)
        action = request.form.get("action")
        problem = None
        if action is not None:
            try:
                self._do(session, action)
                return _to(_after(session))
            except Refusal as refusal:
                problem = refusal.message
        view = page_views.portal_view(self.account, session)
        return _page("portal", 402 if problem else 200, problem=problem, **view)

    def _do(self, session: StripeObject, action: str) -> None:
        allowed = page_views.flow_actions(session)
        if action not in self.done or {"keep": "cancel"}.get(action, action) not in allowed:
            raise invalid(f"This session does not allow: {action}")
        self.done[action](session)

    def _own(self, session: StripeObject, kind: str) -> StripeObject:
        found = self.account.find(kind, request.form.get(kind, ""))
        if found["customer"] != session["customer"]:
            raise invalid(f"This {kind} belongs to somebody else")
        if kind == "subscription" and page_views.flow_subject(session) not in (None, found["id"]):
            raise invalid("This session is about another subscription")
        return found

    def _switch(self, session: StripeObject) -> None:
        subscription = self._own(session, "subscription")
        item = {"id": subscription["items"]["data"][0]["id"], "price": request.form.get("price", "")}
        params = {"items": [item], "proration_behavior": "always_invoice"}
        params["payment_behavior"] = "error_if_incomplete"
        subscription_update.update(self.account, params, subscription["id"])

    def _set_cancellation(self, session: StripeObject, *, at_period_end: bool) -> None:
        subscription = self._own(session, "subscription")
        params = {"cancel_at_period_end": at_period_end}
        subscription_update.update(self.account, params, subscription["id"])

    def _set_card(self, session: StripeObject) -> None:
        outcome = request.form.get("outcome", "")
        if outcome not in CARD_OUTCOMES:
            raise invalid(f"Invalid outcome: {outcome}")
        self.account.cards[session["customer"]] = outcome

    def _pay(self, session: StripeObject) -> None:
        pay(self.account, {}, self._own(session, "invoice")["id"])

    def invoice(self, invoice_id: str) -> ResponseReturnValue:
        """Show an invoice, or pay it with a card that works or does not."""
        invoice = self.account.find("invoice", invoice_id)
        action = request.form.get("action")
        problem = None
        if action in ("pay", "decline") and invoice["status"] == "open":
            self.account.cards[invoice["customer"]] = _CARD_OF_BUTTON[action]
            outcome = collect(self.account, invoice, automatic=False)
            problem = None if outcome == "success" else _DECLINED
        view = page_views.invoice_view(invoice)
        return _page("invoice", 402 if problem else 200, problem=problem, **view)

    def invoice_pdf(self, invoice_id: str) -> ResponseReturnValue:
        """Return an invoice as a PDF."""
        content = page_views.invoice_pdf(self.account.find("invoice", invoice_id))
        return Response(content, mimetype="application/pdf")


def _after(session: StripeObject) -> str:
    after = session["flow"] and session["flow"]["after_completion"]
    if after and after["type"] == "redirect":
        return str(after["redirect"]["return_url"])
    return str(session["url"])


def _to(url: str) -> ResponseReturnValue:
    return redirect(url, code=303)


def _page(template: str, code: int, /, **shown: Any) -> ResponseReturnValue:
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": "frame-ancestors 'none'"}
    return render_template(f"{template}.html", **{"problem": None, **shown}), code, headers
