"""The models of recording that describe its bodies, headers and query in the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.sealed_requests import KEY_HEADER
from shared.domain.metering.text import PRINTABLE
from shared.domain.tenant_ids import TenantId
from shared.http.idempotency import PATTERN as KEY_PATTERN
from shared.http.metering import cloudevents
from shared.http.metering.event_bodies import MAX_EVENTS, NDJSON
from shared.http.routes import TENANT_HEADER, Example

_Text = Annotated[str, Field(min_length=1, pattern=PRINTABLE)]
_Uri = Annotated[str, Field(min_length=1, json_schema_extra={"format": "uri-reference"})]


class EventsBatch(BaseModel):
    """Up to 500 events."""

    model_config = ConfigDict(extra="forbid")

    events: Annotated[list[MeteringEvent], Field(min_length=1, max_length=MAX_EVENTS)]


EventsBody = (
    MeteringEvent | Annotated[list[MeteringEvent], Field(min_length=1, max_length=MAX_EVENTS)] | EventsBatch
)


class _Attributes(BaseModel):
    """The attributes of a CloudEvent 1.0, of which extensions may add more."""

    model_config = ConfigDict(
        json_schema_extra={
            "propertyNames": {"pattern": "^([a-z0-9]+|data_base64)$"},
            "additionalProperties": {
                "anyOf": [
                    {"type": "string", "pattern": PRINTABLE.replace("+", "*")},
                    {"type": "boolean"},
                    {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
                    {"type": "null"},
                ]
            },
        }
    )

    specversion: Literal["1.0"]
    id: _Text = Field(description="The id of the metering event, if that has none.")
    source: _Uri
    type: _Text
    subject: _Text | None = None
    time: datetime | None = Field(None, description="The `ts` of the metering event, if that has none.")
    dataschema: Annotated[str, Field(min_length=1, json_schema_extra={"format": "uri"})] | None = None
    datacontenttype: Literal["application/json"] | None = None


class DataEvent(_Attributes):
    """A CloudEvent whose data is a metering event."""

    data: MeteringEvent


class Base64Event(_Attributes):
    """A CloudEvent whose data is a metering event as JSON in base64."""

    data_base64: Annotated[str, Field(json_schema_extra={"contentEncoding": "base64"})]


LinesBody = Annotated[
    list[MeteringEvent],
    Field(
        min_length=1,
        max_length=MAX_EVENTS,
        description="An event a line, without brackets and commas around them.",
    ),
]
CloudEventBody = DataEvent | Base64Event
CloudEventsBody = Annotated[list[CloudEventBody], Field(max_length=MAX_EVENTS)]


class TenantHeader(BaseModel):
    """The tenant for which a platform key acts."""

    tenant_id: TenantId | None = Field(
        None,
        alias=TENANT_HEADER,
        description="The tenant for which a platform key acts. A tenant's own key may name its tenant and no other.",
    )


class RecordHeaders(TenantHeader):
    """The Idempotency-Key, and the attributes of a CloudEvent in binary mode, whose data is the body."""

    key: str | None = Field(
        None,
        alias=KEY_HEADER,
        pattern=KEY_PATTERN,
        description=(
            "Makes the request a batch that is recorded once, for events without ids. A repetition with the same"
            " events counts nothing again; the key with other events is refused as `idempotency_key_reused`."
        ),
    )
    specversion: Literal["1.0"] | None = Field(None, alias="ce-specversion")
    id: _Text | None = Field(None, alias="ce-id")
    source: _Uri | None = Field(None, alias="ce-source")
    type: _Text | None = Field(None, alias="ce-type")
    time: datetime | None = Field(None, alias="ce-time")


class RecordQuery(BaseModel):
    """Options of recording."""

    model_config = ConfigDict(extra="forbid")

    status: bool = Field(
        False,
        description="Also read and return the limit status, and what the run has left; recording itself reads"
        " nothing. They stay null where the events are of several tenants, or runs.",
    )


_CALL = {
    "id": "call-1",
    "category": "llm",
    "provider": "openai",
    "model": "gpt-4.1-mini",
    "run_id": "run-1",
    "tokens": {"input_tokens": 1200, "output_tokens": 300},
}
_RESPONSE = {
    "category": "llm",
    "provider": "openai",
    "model": "gpt-4.1-mini",
    "response": {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "gpt-4.1-mini-2025-04-14",
        "usage": {"prompt_tokens": 1200, "completion_tokens": 300, "total_tokens": 1500},
    },
}
_END = {"category": "other", "provider": "agent", "model": "agent", "run_id": "run-1", "status": "completed"}
_SEALED = [
    {**_CALL, "id": "gwi1.Zk3vQ9aT_x1LmB7-.42.0"},
    {**_END, "id": "gwi1.Zk3vQ9aT_x1LmB7-.42.1"},
]
_CLOUD_EVENT = {"specversion": "1.0", "id": "call-2", "source": "/agents", "type": "com.example.call"}
EXAMPLES = {
    "one event": Example(_CALL),
    "a provider's response": Example(_RESPONSE),
    "several events": Example([_CALL, _END]),
    "a batch": Example({"events": [_CALL, _END]}),
    "a sealed batch": Example(_SEALED),
    "a CloudEvent": Example({**_CLOUD_EVENT, "data": _CALL}, cloudevents.STRUCTURED),
    "an event a line": Example([_CALL, _END], NDJSON),
    "CloudEvents": Example([{**_CLOUD_EVENT, "data": _CALL}], cloudevents.BATCH),
}
OTHER_BODIES = {cloudevents.STRUCTURED: CloudEventBody, cloudevents.BATCH: CloudEventsBody, NDJSON: LinesBody}
