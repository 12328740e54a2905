"""Function to compare with: verifies the signature of a webhook, and nothing else."""

import os

import functions_framework
from flask import Request
from stripe import WebhookSignature

_TOLERANCE_SECONDS = 300


@functions_framework.http
def signed(request: Request) -> str:
    """Entry point."""
    if request.method == "GET":
        return "ready"
    header, secret = request.headers["Stripe-Signature"], os.environ["STRIPE_WEBHOOK_SECRET"]
    WebhookSignature.verify_header(request.get_data(as_text=True), header, secret, _TOLERANCE_SECONDS)
    return "ok"
