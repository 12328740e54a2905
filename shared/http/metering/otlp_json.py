"""OTLP in JSON, whose ids are in hexadecimal and whose 64-bit integers may be text."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.domain.errors import FieldProblem, InvalidInput, shown
from shared.domain.metering.span_attributes import is_read
from shared.domain.metering.spans import Span
from shared.http.bodies import invalid_field
from shared.http.metering.otlp_spans import MAX_NANOSECONDS, STATUS_ERROR, RawSpan, checked

_MAX_INT: Final = 2**63
_Json = Mapping[str, Any]


class _Malformed(Exception):
    def __init__(self, field: str, expected: str, value: object) -> None:
        message = f"{field}: must be {expected} (got {shown(value)})"
        super().__init__(message)
        self.problem = FieldProblem(field=field, code="malformed_span", message=message)


def parse(body: object) -> list[Span | FieldProblem]:
    """Return the spans of a request, with a FieldProblem for each that is malformed."""
    if not isinstance(body, dict):
        message = f"body: must be an object with resourceSpans (got {shown(body)})"
        raise invalid_field("body", "dict_type", message)
    try:
        return [
            _span(span, str(scope.get("name") or ""), of_resource)
            for resource_spans in _objects(body, "resourceSpans")
            for of_resource in [_attributes(_object(resource_spans, "resource"))]
            for scope_spans in _objects(resource_spans, "scopeSpans")
            for scope in [_object(scope_spans, "scope")]
            for span in _list(scope_spans, "spans")
        ]
    except _Malformed as error:
        raise InvalidInput(error.problem.message, (error.problem,)) from error


def response(rejected: int, message: str) -> _Json:
    """Return a successful response; without any problem it is empty."""
    if not rejected and not message:
        return {}
    return {"partialSuccess": {"rejectedSpans": str(rejected), "errorMessage": message}}


def _span(span: object, scope: str, of_resource: _Json) -> Span | FieldProblem:
    try:
        if not isinstance(span, dict):
            raise _Malformed("span", "an object", span)
        return checked(_raw(span), scope, of_resource)
    except _Malformed as error:
        return error.problem


def _raw(span: _Json) -> RawSpan:
    return RawSpan(
        _id(span, "traceId"),
        _id(span, "spanId"),
        _id(span, "parentSpanId"),
        _nanoseconds(span, "startTimeUnixNano"),
        _nanoseconds(span, "endTimeUnixNano"),
        _object(span, "status").get("code") in (STATUS_ERROR, "STATUS_CODE_ERROR"),
        _attributes(span),
    )


def _id(span: _Json, field: str) -> str:
    value = span.get(field)
    if value is not None and not isinstance(value, str):
        raise _Malformed(field, "text in hexadecimal", value)
    return (value or "").lower()


def _nanoseconds(span: _Json, field: str) -> int:
    value = span.get(field)
    number = 0 if value is None else _integer(value)
    if number is None or not 0 <= number <= MAX_NANOSECONDS:
        raise _Malformed(field, "nanoseconds since 1970", value)
    return number


def _integer(value: object) -> int | None:
    """Return an integer of 64 bits, which may be text; None for anything else."""
    if isinstance(value, str) and len(value) <= len(str(MAX_NANOSECONDS)) and value.isascii():
        return int(value) if value.removeprefix("-").isdigit() else None
    return value if type(value) is int else None


def _attributes(owner: _Json) -> dict[str, object]:
    return dict(_named_values(owner))


def _named_values(owner: _Json) -> Iterator[tuple[str, object]]:
    for each in _objects(owner, "attributes"):
        name = each.get("key")
        if isinstance(name, str) and is_read(name):
            yield name, _value(_object({name: each.get("value")}, name), name)


def _value(value: _Json, name: str) -> object:
    """Return a value; an array as a tuple of its scalars, anything else as its kind alone."""
    if "intValue" in value:
        number = _integer(value["intValue"])
        if number is None or not -_MAX_INT <= number < _MAX_INT:
            raise _Malformed(name, "an intValue of 64 bits", value["intValue"])
        return number
    for kind, types in (("stringValue", str), ("boolValue", bool), ("doubleValue", (int, float))):
        if isinstance(found := value.get(kind), types):
            return found
    if "arrayValue" in value:
        items = _objects(_object(value, "arrayValue"), "values")
        return tuple(_value(each, name) for each in items if "arrayValue" not in each)
    return f"<{next(iter(value))}>" if value else None


def _objects(owner: _Json, field: str) -> list[_Json]:
    found = _list(owner, field)
    for each in found:
        if not isinstance(each, dict):
            raise _Malformed(field, "an array of objects", each)
    return found


def _list(owner: _Json, field: str) -> list[Any]:
    found = owner.get(field)
    if found is None:
        return []
    if not isinstance(found, list):
        raise _Malformed(field, "an array", found)
    return found


def _object(owner: _Json, field: str) -> _Json:
    found = owner.get(field)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _Malformed(field, "an object", found)
    return found
