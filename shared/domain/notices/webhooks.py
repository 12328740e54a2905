"""Webhooks: the types of messages, and the forms in which an endpoint can get them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

WebhookType = Literal[
    "limit.warning",
    "limit.reached",
    "budget.warning",
    "budget.reached",
    "run.over_budget",
    "plan.changed",
    "invoice.payment_failed",
    "billing.alert",
    "endpoint.test",
]
"""Described for receivers in docs/webhooks.md."""
WebhookFormat = Literal["json", "slack"]
Json = str | int | None

_SLACK_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that has happened to a tenant, for its webhook endpoints."""

    type: WebhookType
    tenant_id: str
    cause: str
    """What makes the notice one of its kind in the tenant; a repetition has the same message id."""
    at: datetime
    text: str
    """The notice in one sentence, for chats."""
    data: Mapping[str, Json]

    @property
    def message_id(self) -> str:
        """The `webhook-id`, by which receivers recognise a repetition."""
        named = f"{self.tenant_id}\n{self.type}\n{self.cause}"
        return f"msg_{hashlib.sha256(named.encode()).hexdigest()[:32]}"

    def body(self, form: WebhookFormat) -> str:
        """Return the body of the request: JSON as Standard Webhooks proposes, or the text for Slack."""
        if form == "slack":
            return json.dumps({"text": self.text.translate(_SLACK_ESCAPES)})
        at = self.at.isoformat().replace("+00:00", "Z")
        data = {"tenant_id": self.tenant_id, **self.data, "text": self.text}
        return json.dumps({"type": self.type, "timestamp": at, "data": data})


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookMessage:
    """A notice for one endpoint, as it is sent."""

    endpoint_id: str
    message_id: str
    type: WebhookType
    body: str
