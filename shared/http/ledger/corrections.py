"""The routes that correct a recorded event: void it, take that back, or replace it."""

from collections.abc import Callable

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.identities import identity_of
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.http.bodies import read_body, read_query
from shared.http.ledger.events import EventQuery
from shared.http.reasons import RequiredReason
from shared.http.responses import EventResponse
from shared.http.routes import MAX_BODY_BYTES, Call, Container, Example, Route, json_response
from shared.usecases.metering.correct_events import EventCorrector

Correct = Callable[[Tenant, str, Change], RecordedEvent]


class CorrectionBody(BaseModel):
    """The reason of a correction."""

    model_config = ConfigDict(extra="forbid")

    reason: RequiredReason


class AmendmentBody(CorrectionBody):
    """The event to record instead, and why."""

    event: MeteringEvent = Field(
        description="The whole event as it should be. Without `ts`, it counts when the old one did."
    )


def _void(call: Call, container: Container) -> Response:
    return _corrected(call, read_body(call.request, CorrectionBody), EventCorrector(container.events).void)


def _unvoid(call: Call, container: Container) -> Response:
    return _corrected(call, read_body(call.request, CorrectionBody), EventCorrector(container.events).unvoid)


def _amend(call: Call, container: Container) -> Response:
    body = read_body(call.request, AmendmentBody)

    def amend(tenant: Tenant, identity: str, change: Change) -> RecordedEvent:
        return EventCorrector(container.events).amend(tenant, identity, body.event, change)

    return _corrected(call, body, amend)


def _corrected(call: Call, body: CorrectionBody, correct: Correct) -> Response:
    identity = identity_of(call.path["event"], read_query(call.request, EventQuery).source)
    event = correct(call.caller.tenant, identity, call.change.because(body.reason))
    return json_response(EventResponse.model_validate(event))


_EVENT = "/api/v1/tenants/<tenant>/events/<path:event>"
ROUTES = (
    Route(
        method="POST",
        path=f"{_EVENT}/void",
        summary="Void an event, so that it no longer counts",
        handle=_void,
        needs="members:write",
        response=EventResponse,
        query=EventQuery,
        body=CorrectionBody,
        examples={"a test run": Example({"reason": "Sent by a load test"})},
    ),
    Route(
        method="POST",
        path=f"{_EVENT}/unvoid",
        summary="Let a void event count again",
        handle=_unvoid,
        needs="members:write",
        response=EventResponse,
        query=EventQuery,
        body=CorrectionBody,
        examples={"a mistake": Example({"reason": "It was a customer's call after all"})},
    ),
    Route(
        method="POST",
        path=f"{_EVENT}/amend",
        summary="Void an event and record another instead of it",
        handle=_amend,
        needs="members:write",
        response=EventResponse,
        query=EventQuery,
        body=AmendmentBody,
        max_body_bytes=MAX_BODY_BYTES,
        examples={
            "tokens that were counted twice": Example(
                {
                    "reason": "The retry was counted too",
                    "event": {
                        "category": "llm",
                        "provider": "openai",
                        "model": "gpt-4.1-mini",
                        "tokens": {"input_tokens": 1_200, "output_tokens": 340},
                    },
                }
            )
        },
    ),
)
