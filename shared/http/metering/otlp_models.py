"""The models that describe OTLP in JSON in the OpenAPI document. They are built when it is first asked for."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.http.metering.otlp_spans import MAX_NANOSECONDS

_Integer = Annotated[str, Field(pattern=r"^-?[0-9]{1,18}$")]
_Nanoseconds = (
    Annotated[str, Field(pattern=r"^[0-9]{1,19}$")] | Annotated[int, Field(ge=0, le=MAX_NANOSECONDS)]
)


class _OtlpModel(BaseModel):
    """An object of OTLP, in which unknown fields are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, defer_build=True)


class AttributeValue(_OtlpModel):
    """A value, under the name of its kind."""

    string_value: str | None = None
    int_value: _Integer | int | None = None
    double_value: float | None = None
    bool_value: bool | None = None


class Attribute(_OtlpModel):
    """An attribute of a span or a resource."""

    key: str
    value: AttributeValue


class SpanStatus(_OtlpModel):
    """The outcome of a span: 2 is an error."""

    code: int | None = Field(None, ge=0, le=2)


class SpanBody(_OtlpModel):
    """A span. The id of its event is `otlp.{traceId}.{spanId}`."""

    trace_id: str = Field(pattern="^[0-9a-fA-F]{32}$")
    span_id: str = Field(pattern="^[0-9a-fA-F]{16}$")
    parent_span_id: str | None = Field(None, pattern="^([0-9a-fA-F]{16})?$")
    start_time_unix_nano: _Nanoseconds
    end_time_unix_nano: _Nanoseconds
    attributes: list[Attribute] | None = Field(
        None,
        description="`gen_ai.*` of current and previous conventions, and `gwi.tenant_id`, `gwi.user_id`, "
        "`gwi.workflow_id`, `gwi.run_id`, `gwi.parent_run_id` and `gwi.tags.*`. All others are ignored.",
    )
    status: SpanStatus | None = None


class Scope(_OtlpModel):
    """The library that made spans."""

    name: str | None = None


class ScopeSpans(_OtlpModel):
    """The spans of a library."""

    scope: Scope | None = None
    spans: list[SpanBody] | None = None


class Resource(_OtlpModel):
    """The service that made spans. Its attributes are those of each span that does not have them itself."""

    attributes: list[Attribute] | None = None


class ResourceSpans(_OtlpModel):
    """The spans of a service."""

    resource: Resource | None = None
    scope_spans: list[ScopeSpans] | None = None


class TracesBody(_OtlpModel):
    """An ExportTraceServiceRequest of OTLP."""

    resource_spans: list[ResourceSpans] | None = None


class PartialSuccess(_OtlpModel):
    """How many spans were not recorded, and the first reasons."""

    rejected_spans: str = Field(description="An integer of 64 bits, as text.")
    error_message: str


class TracesResponse(_OtlpModel):
    """An ExportTraceServiceResponse of OTLP."""

    partial_success: PartialSuccess | None = Field(
        None, description="Only if a span was rejected, or there is a warning."
    )


class StatusBody(BaseModel):
    """A google.rpc.Status."""

    model_config = ConfigDict(defer_build=True)

    code: int
    message: str


def _attribute(name: str, value: str | int) -> dict[str, Any]:
    return {
        "key": name,
        "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value},
    }


EXAMPLE: Final = {
    "resourceSpans": [
        {
            "scopeSpans": [
                {
                    "spans": [
                        {
                            "traceId": "5b8efff798038103d269b633813fc60c",
                            "spanId": "eee19b7ec3c1b174",
                            "startTimeUnixNano": "1795175998000000000",
                            "endTimeUnixNano": "1795176000000000000",
                            "attributes": [
                                _attribute("gen_ai.operation.name", "chat"),
                                _attribute("gen_ai.provider.name", "openai"),
                                _attribute("gen_ai.request.model", "gpt-4.1-mini"),
                                _attribute("gen_ai.usage.input_tokens", 1200),
                                _attribute("gen_ai.usage.output_tokens", 300),
                            ],
                        }
                    ]
                }
            ]
        }
    ]
}
