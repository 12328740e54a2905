"""Cloud Run function: turns Stripe's webhooks into billing state."""

import functions_framework
from flask import Request, Response

from shared.bootstrap import start
from shared.http.app import App
from shared.http.billing.stripe_webhook import ROUTES

app = App(ROUTES, start(required=["STRIPE_WEBHOOK_SECRET"]))


@functions_framework.http
def stripe_webhook(request: Request) -> Response:
    return app(request)
