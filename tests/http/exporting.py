"""Sends spans to record_usage as exporters do, and reads the answers."""

from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from werkzeug.test import TestResponse

from tests.http.serving import Functions, bearer, succeeded
from tests.otlp import PATH, Sent, as_json, as_protobuf

JSON, PROTOBUF = "application/json", "application/x-protobuf"


def export(functions: Functions, key: str, *spans: Sent, tenant: str | None = None) -> TestResponse:
    headers = {**bearer(key), **({"GWI-Tenant": tenant} if tenant else {})}
    return functions.record_usage.post(PATH, data=as_protobuf(spans), content_type=PROTOBUF, headers=headers)


def exported(functions: Functions, key: str, *spans: Sent) -> tuple[int, str]:
    """Send spans in both encodings; return how many were rejected and why, which must be the same."""
    by_protobuf = export(functions, key, *spans)
    assert (by_protobuf.status_code, by_protobuf.mimetype) == (200, PROTOBUF)
    reported = ExportTraceServiceResponse.FromString(by_protobuf.get_data()).partial_success
    by_json = succeeded(functions.record_usage.post(PATH, json=as_json(spans), headers=bearer(key)))
    partial = by_json.get("partialSuccess", {"rejectedSpans": "0", "errorMessage": ""})
    assert (str(reported.rejected_spans), reported.error_message) == (
        partial["rejectedSpans"],
        partial["errorMessage"],
    )
    return reported.rejected_spans, reported.error_message


def refusal(answer: TestResponse) -> tuple[int, int, str]:
    """Return the status and the google.rpc.Status of an answer in protobuf."""
    assert answer.mimetype == PROTOBUF
    reported = Status.FromString(answer.get_data())
    return answer.status_code, reported.code, reported.message


def event_ids(functions: Functions, key: str, tenant_id: str = "acme") -> list[str]:
    return sorted(event["id"] for event in functions.events(key, tenant_id))
