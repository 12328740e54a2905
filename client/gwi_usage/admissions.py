"""Asking the service: may a run begin, may its hold grow, would usage fit the limits?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any, TypedDict

from gwi_usage.delivery import backoff
from gwi_usage.errors import NotAnswered, RunRefused
from gwi_usage.exchanges import Answer, Exchange, Request, Wait
from gwi_usage.verdicts import is_final


class Planned(TypedDict, total=False):
    """The usage that a check asks about, and its user, workflow and run."""

    tokens: int
    runs: int
    cost_usd: Decimal | str
    tenant_id: str
    user_id: str
    workflow_id: str
    run_id: str
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Check:
    """The answer to a check. While the service does not answer, usage is allowed and nothing is decided."""

    allowed: bool
    decided: bool = True
    code: str | None = None
    reason: str | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)
    """The service's whole answer, with the `status` of the limits; or its problem document."""


def check(request: Request) -> Exchange[Check]:
    answer = yield request
    content = answer.content
    if answer.status != 200 or not isinstance(content.get("allowed"), bool):
        return Check(allowed=True, decided=False, code=answer.code, reason=answer.summary, answer=content)
    return Check(
        allowed=content["allowed"],
        decided=content.get("decided") is not False,
        code=content.get("code"),
        reason=content.get("reason"),
        answer=content,
    )


def decide(request: Request, timeout: float) -> Exchange[Answer]:
    """Repeat a request until the service has decided; raise RunRefused, or NotAnswered after the timeout."""
    until = time.monotonic() + timeout
    for attempts in count():
        answer = yield request
        if is_final(answer, "hold") or answer.status in {401, 403}:
            break
        seconds = max(backoff(attempts), answer.retry_after or 0.0)
        if time.monotonic() + seconds > until:
            raise NotAnswered(f"GWI Usage did not decide about the run: {answer.summary}")
        yield Wait(seconds)
    if answer.status not in {200, 201}:
        raise RunRefused(answer)
    return answer
