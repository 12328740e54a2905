"""Owns /_double: the clock, the cards, the switches and the look-ups that tests need and Stripe does not have."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from tools.stripe_double.account import CARD_OUTCOMES, Account
from tools.stripe_double.collection import settle_debit
from tools.stripe_double.courier import Courier, Switches
from tools.stripe_double.disputes import OUTCOMES, close_dispute, open_dispute
from tools.stripe_double.due_work import advance, renew
from tools.stripe_double.failures import Failure, Failures
from tools.stripe_double.refusals import Refusal, invalid

# More would be many thousands of renewals, and dates that no calendar has.
_MOST_SECONDS = 10 * 366 * 86_400

Given = dict[str, Any]
_SWITCH_TYPES: dict[str, tuple[type, ...]] = {
    "shuffle": (bool,),
    "duplicate": (bool, int),
    "delay_seconds": (int, float),
    "drop_and_retry": (bool, int),
    "paused": (bool,),
}


class Control:
    """Controls of the double for tests and developers. Every body is JSON."""

    def __init__(self, account: Account, courier: Courier, failures: Failures) -> None:
        self.account = account
        self.courier = courier
        self.failures = failures

    def serve(self, app: Flask) -> None:
        """Put the routes into a Flask application."""
        routes: dict[str, Callable[..., Any]] = {
            "GET health": lambda: {"status": "ok", "now": self.account.clock.now()},
            "POST clock/advance": self.advance_clock,
            "POST clock/start": self.start_clock,
            "POST customers/<customer_id>/card": self.set_card,
            "POST subscriptions/<subscription_id>/renew": self.renew,
            "POST charges/<charge_id>/dispute": self.open_dispute,
            "POST disputes/<dispute_id>/close": self.close_dispute,
            "POST invoices/<invoice_id>/settle": self.settle,
            "POST fail": self.fail,
            "POST delivery": self.set_delivery,
            "GET delivery": self.show_delivery,
        }
        for name, view in routes.items():
            method, path = name.split()
            app.add_url_rule(f"/_double/{path}", name, _answering(view), methods=[method])

    def advance_clock(self) -> Given:
        """Move the clock by `seconds` or to the unix instant `to`; what becomes due happens on the way."""
        given = _body("seconds", "to")
        with self.account.lock:
            now = self.account.clock.now()
            seconds = _whole(given, "seconds", _whole(given, "to", now) - now)
            if not 0 <= seconds <= _MOST_SECONDS:
                raise invalid(f"The clock moves forwards by at most {_MOST_SECONDS} s, not by {seconds} s.")
            advance(self.account, seconds)
            return {"now": self.account.clock.now()}

    def start_clock(self) -> Given:
        """Let time run on from the unix instant `to`, also a past one, while no customer has a history yet."""
        given = _body("to")
        with self.account.lock:
            now = self.account.clock.now()
            seconds = _whole(given, "to", now) - now
            if self.account.objects["customer"]:
                raise invalid("There are customers: their clock only moves forwards.")
            if abs(seconds) > _MOST_SECONDS:
                raise invalid(f"The clock is put at most {_MOST_SECONDS} s away, not {seconds} s.")
            self.account.clock.advance(seconds)
            return {"now": self.account.clock.now()}

    def set_card(self, customer_id: str) -> Given:
        """Decide how the customer's card answers from now on."""
        outcome = _choice("outcome", CARD_OUTCOMES)
        with self.account.lock:
            self.account.cards[self.account.find("customer", customer_id)["id"]] = outcome
        return {"customer": customer_id, "outcome": outcome}

    def renew(self, subscription_id: str) -> Given:
        """Move the clock until the subscription has been renewed and billed."""
        with self.account.lock:
            subscription = self.account.find("subscription", subscription_id)
            renew(self.account, subscription)
            return self.account.present(subscription)

    def open_dispute(self, charge_id: str) -> Given:
        """Let the cardholder's bank take a payment back."""
        with self.account.lock:
            return self.account.present(open_dispute(self.account, self.account.find("charge", charge_id)))

    def close_dispute(self, dispute_id: str) -> Given:
        """Decide a dispute."""
        outcome = _choice("outcome", OUTCOMES)
        with self.account.lock:
            dispute = self.account.find("dispute", dispute_id)
            return self.account.present(close_dispute(self.account, dispute, outcome))

    def settle(self, invoice_id: str) -> Given:
        """Let the bank debit of an invoice be paid, or fail with `{"paid": false}`."""
        paid = _body("paid").get("paid", True)
        if not isinstance(paid, bool):
            raise invalid(f"Invalid paid {paid!r}: must be true or false")
        with self.account.lock:
            invoice = self.account.find("invoice", invoice_id)
            settle_debit(self.account, invoice, paid=paid)
            return self.account.present(invoice)

    def fail(self) -> Given:
        """Make the API fail: `path_prefix`, `status` and `times`."""
        given = {"path_prefix": "/v1/", "status": 500, "times": 1}
        given |= _body(*given)
        status, times = _whole(given, "status", 500), _whole(given, "times", 1)
        if not 400 <= status < 600:
            raise invalid(f"Invalid status {status}: must be from 400 to 599")
        with self.account.lock:
            failure = Failure(path_prefix=str(given["path_prefix"]), status=status, times=times)
            self.failures.plan(failure)
        return given

    def set_delivery(self) -> Given:
        """Change the switches of webhook delivery."""
        given = _body(*_SWITCH_TYPES)
        for name, value in given.items():
            if not isinstance(value, _SWITCH_TYPES[name]) or (isinstance(value, int | float) and value < 0):
                raise invalid(f"Invalid {name}: {value!r}", param=name)
        for name in {"duplicate", "drop_and_retry"} & set(given):
            given[name] = int(given[name])
        switches: Switches = self.courier.set_switches(given)
        return asdict(switches)

    def show_delivery(self) -> Given:
        """Return the switches, what waits, and what has arrived."""
        return {
            "switches": asdict(self.courier.switches),
            "waiting": self.courier.waiting(),
            "delivered": list(self.courier.delivered),
        }


def _answering(view: Callable[..., Any]) -> Callable[..., ResponseReturnValue]:
    def answer(**ids: str) -> ResponseReturnValue:
        try:
            return jsonify(view(**ids))
        except Refusal as refusal:
            return jsonify(refusal.body()), refusal.status

    return answer


def _body(*known: str) -> Given:
    given = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(given, dict):
        raise invalid("The body must be a JSON object")
    for name in given:
        if name not in known:
            raise invalid(f"Unknown field {name!r}: must be one of {', '.join(known)}", param=name)
    return given


def _choice(name: str, choices: tuple[str, ...]) -> str:
    value = _body(name).get(name)
    if value not in choices:
        raise invalid(f"Invalid {name} {value!r}: must be one of {', '.join(choices)}")
    return str(value)


def _whole(given: Given, name: str, default: int) -> int:
    value = given.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(f"Invalid {name}: {value!r} is not a whole number", param=name)
    return value
