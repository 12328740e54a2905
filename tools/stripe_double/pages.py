"""Owns the pages that customers see: Checkout, the billing portal, an invoice; plain forms that redirect."""

import re
from collections.abc import Callable
from typing import Any

from flask import Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue

from tools.stripe_double import page_views
from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.charges import presenting_card
from tools.stripe_double.checkout_page import submit
from tools.stripe_double.collection import collect
from tools.stripe_double.discounts import redeem
from tools.stripe_double.due_work import run_due_work
from tools.stripe_double.portal_actions import act
from tools.stripe_double.portal_views import portal_view
from tools.stripe_double.refusals import Refusal, invalid

_CARD_OF_BUTTON = {
    "pay": "success",
    "decline": "decline",
    "authenticate": "authenticate",
    "debit": "debit",
    "skip": "none",
}
# Nothing is an address too: tests press a button without filling the form.
_ADDRESS = re.compile(r"([^@\s]+@[^@\s]+)?")
_DECLINED = "Your card was declined. Try another card."


class Pages:
    """The pages of one account."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def serve(self, app: Flask) -> None:
        """Put the pages into a Flask application."""
        both = ["GET", "POST"]
        app.add_url_rule("/c/pay/<object_id>", "checkout", self._locked(self.checkout), methods=both)
        app.add_url_rule("/p/session/<object_id>", "portal", self._locked(self.portal), methods=both)
        app.add_url_rule("/i/<object_id>", "invoice", self._locked(self.invoice), methods=both)

    def _locked(self, view: Callable[[str], ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        def answer(object_id: str) -> ResponseReturnValue:
            with self.account.lock:
                run_due_work(self.account)
                try:
                    with self.account.at_one_instant():
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
        if action == "redeem":
            is_code = redeem(self.account, session, request.form.get("promotion_code", ""))
            problem = None if is_code else "This code is invalid."
        elif action is not None and not _ADDRESS.fullmatch(request.form.get("email", "")):
            problem = "Your email address is invalid."
        elif action is not None:
            if self._submit(session, action):
                return _to(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session_id))
            problem = _DECLINED
        view = page_views.checkout_view(self.account, session)
        return _page("checkout", 402 if problem else 200, problem=problem, **view)

    def _submit(self, session: StripeObject, action: str) -> bool:
        if action not in _CARD_OF_BUTTON or (action == "skip" and not page_views.needs_no_card(session)):
            raise invalid(f"Unknown action: {action}")
        card, typed_address = _CARD_OF_BUTTON[action], request.form.get("email", "")
        return submit(self.account, session, card, typed_address)

    def portal(self, session_id: str) -> ResponseReturnValue:
        """Show the portal, or do what its button says; a finished flow goes to its return URL."""
        session = self.account.find("billing_portal.session", session_id)
        problem = None
        if "action" in request.form:
            try:
                act(self.account, session, request.form)
                return _completed(session)
            except Refusal as refusal:
                problem = refusal.message
        view = portal_view(self.account, session)
        return _page("portal", 402 if problem else 200, problem=problem, **view)

    def invoice(self, invoice_id: str) -> ResponseReturnValue:
        """Show an invoice, or pay it with a card that works or does not."""
        invoice = self.account.find("invoice", invoice_id)
        action = request.form.get("action")
        problem = None
        if action in ("pay", "decline"):
            problem = self._pay(invoice, _CARD_OF_BUTTON[action])
        view = page_views.invoice_view(invoice)
        return _page("invoice", 402 if problem else 200, problem=problem, **view)

    def _pay(self, invoice: StripeObject, card: str) -> str | None:
        if invoice["status"] != "open":
            return f"This invoice is {invoice['status']}."
        with presenting_card(self.account, invoice["customer"], card):
            outcome = collect(self.account, invoice, automatic=False)
        return None if outcome == "success" else _DECLINED


def _completed(session: StripeObject) -> ResponseReturnValue:
    after = session["flow"] and session["flow"]["after_completion"]
    if after and after["type"] == "redirect":
        return _to(after["redirect"]["return_url"])
    return _to(session["url"])


def _to(url: str) -> ResponseReturnValue:
    return redirect(url, code=303)


def _page(template: str, code: int, /, **shown: Any) -> ResponseReturnValue:
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": "frame-ancestors 'none'"}
    return render_template(f"{template}.html", **{"problem": None, **shown}), code, headers
