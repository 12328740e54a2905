"""The OpenAPI documents, each made from the table of routes of a function and their models."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal

from flask import Response
from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json

from shared.domain.people.keys import ALL_SCOPES
from shared.domain.people.members import PERMISSIONS, ROLES, scope_for
from shared.domain.tenant_ids import TENANT_ID
from shared.http.gzip_bodies import MAX_UNPACKED_BYTES
from shared.http.openapi_responses import REFUSALS, components, responses
from shared.http.problems import PAYMENT_REQUIRED, LimitProblem, ProblemDocument
from shared.http.request_bounds import MAX_QUERY_CHARS
from shared.http.routes import METERING_PATHS, Call, Container, Route, SignInLevel
from shared.usecases.people.manage_budgets import BUDGET_ID

VERSION = "3.1.0"
JSON = "application/json"
_REFERENCE = "#/components/schemas/{model}"
_PATH_PARAMETER = re.compile(r"<(?:path:)?(\w+)>")
_Mode = Literal["validation", "serialization"]
_Json = dict[str, Any]
_SECURITY_SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key: `gwi_live_…` or `gwi_test_…`."},
    "platformKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "A platform key, for every tenant: `gwi_platform_live_…` or `gwi_platform_test_…`.",
    },
    "member": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An ID token of Firebase Auth.",
    },
}
_PATH_SCHEMAS: Final[Mapping[str, _Json]] = {
    "tenant": {"type": "string", "pattern": f"^{TENANT_ID}$", "examples": ["acme"]},
    "key": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "budget": {"type": "string", "pattern": BUDGET_ID},
}
_TAGS: Final[Mapping[str, str]] = {
    "metering": "Recording",
    "ledger": "Usage",
    "billing": "Billing",
    "people": "Tenants, people and keys",
    "notices": "Alerts and mail",
    "platform": "Platform",
}
"""The tag of the routes of each area, in the order in which a reader meets them."""
_ANY_ID: Final[_Json] = {"type": "string", "minLength": 1}
_DESCRIPTION = (
    "Usage metering and plan limits. Errors are problem documents (RFC 9457) with a stable `code`. "
    f"A query string has at most {MAX_QUERY_CHARS} characters."
)


def route(documented: Sequence[Route], path: str) -> Route:
    """Return the route that serves the document of `documented` and of itself."""

    @cache
    def content() -> bytes:
        return to_json(document((*documented, this)))

    def handle(_call: Call, _container: Container) -> Response:
        return Response(content(), 200, {"Cache-Control": "public, max-age=300"}, mimetype=JSON)

    this = Route(method="GET", path=path, summary="This document", handle=handle, needs=None)
    return this


def document(routes: Sequence[Route]) -> _Json:
    """Return the OpenAPI document of `routes`."""
    schemas = _Schemas(routes)
    paths: dict[str, _Json] = {}
    for each in routes:
        path = _PATH_PARAMETER.sub(r"{\1}", each.path)
        paths.setdefault(path, {})[each.method.lower()] = _operation(each, schemas)
    return {
        "openapi": VERSION,
        "info": {"title": "GWI Usage", "version": "1", "description": _DESCRIPTION},
        "tags": [{"name": name} for name in _TAGS.values() if any(name in _tags(each) for each in routes)],
        "paths": paths,
        "components": {
            "schemas": schemas.definitions,
            "securitySchemes": _SECURITY_SCHEMES,
            **components(
                {
                    status: schemas.of(problem, "serialization")
                    for status, problem in _problems(routes).items()
                }
            ),
        },
    }


class _Schemas:
    """The JSON schemas of all models of the routes, made together so that they share definitions."""

    def __init__(self, routes: Sequence[Route]) -> None:
        inputs: list[tuple[object, _Mode, TypeAdapter[Any]]] = [
            (model, mode, TypeAdapter(model)) for model, mode in _models(routes)
        ]
        self._schemas, shared = TypeAdapter.json_schemas(inputs, ref_template=_REFERENCE)
        self.definitions: _Json = shared.get("$defs", {})

    def of(self, model: object, mode: _Mode) -> _Json:
        return self._schemas[model, mode]


def _models(routes: Sequence[Route]) -> set[tuple[Any, _Mode]]:
    models: set[tuple[Any, _Mode]] = {(problem, "serialization") for problem in _problems(routes).values()}
    for each in routes:
        models |= {(body, "validation") for body in _bodies(each).values()}
        if each.response is not None:
            models.add((each.response, "serialization"))
        if each.errors is not None:
            models.add((each.errors.model, "serialization"))
    return models


def _problems(routes: Sequence[Route]) -> Mapping[int, type[ProblemDocument]]:
    """Return the model of the problem documents by status, of each status that the routes may answer with."""
    return {
        status: LimitProblem if status == PAYMENT_REQUIRED else ProblemDocument
        for status in REFUSALS
        if status != PAYMENT_REQUIRED or any(status in each.refusals for each in routes)
    }


def _bodies(each: Route) -> Mapping[str, object]:
    """Return the model of the body by content type."""
    return {} if each.body is None else {JSON: each.body, **each.other_bodies}


def _operation(each: Route, schemas: _Schemas) -> _Json:
    operation: _Json = {"summary": each.summary, "tags": _tags(each), "parameters": _parameters(each)}
    if each.body is not None:
        operation["requestBody"] = _request_body(each, schemas)
    schema = {"type": "object"} if each.response is None else schemas.of(each.response, "serialization")
    error = schemas.of(each.errors.model, "serialization") if each.errors else None
    operation["responses"] = responses(each, None if each.status == 204 else schema, error)
    if each.needs is not None:
        operation["security"] = [{scheme: []} for scheme in _schemes(each)]
        operation["description"] = _callers(each)
    return operation


def _tags(each: Route) -> list[str]:
    """Return the tag of the area whose folder has the handler; none for what only a machine reads."""
    area = each.handle.__module__.removeprefix("shared.http.").split(".")[0]
    return [_TAGS[area]] if area in _TAGS else []


def _request_body(each: Route, schemas: _Schemas) -> _Json:
    content = {
        content_type: _media_type(each, content_type, schemas.of(model, "validation"))
        for content_type, model in _bodies(each).items()
    }
    return {
        "description": (
            f"At most {_size(each.max_body_bytes)}. With `Content-Encoding: gzip` also encoded, "
            f"and then at most {_size(MAX_UNPACKED_BYTES)} unpacked."
        ),
        "required": _is_required(each.body),
        "content": content,
    }


def _media_type(each: Route, content_type: str, schema: _Json) -> _Json:
    examples = {
        name: {"value": example.body}
        for name, example in each.examples.items()
        if example.content_type == content_type
    }
    return {"schema": schema, **({"examples": examples} if examples else {})}


def _is_required(body: object) -> bool:
    """Return whether a missing body, which counts as an empty object, is refused."""
    if isinstance(body, type) and issubclass(body, BaseModel):
        return any(field.is_required() for field in body.model_fields.values())
    return True


def _size(byte_count: int) -> str:
    return f"{byte_count // 2**20} MiB" if byte_count >= 2**20 else f"{byte_count // 2**10} KiB"


def _schemes(each: Route) -> list[str]:
    """Return the security schemes by which a route can be called."""
    takes_keys = each.needs in ALL_SCOPES
    takes_platform_keys = each.platform_permission is not None
    takes_members = isinstance(each.needs, SignInLevel) or bool(_roles(each))
    is_metering = each.path.startswith(METERING_PATHS)
    return [
        *["key"] * takes_keys,
        *["platformKey"] * takes_platform_keys,
        *["member"] * (takes_members and not is_metering),
    ]


def _roles(each: Route) -> list[str]:
    return [role for role in ROLES if each.needs in PERMISSIONS[role]]


def _callers(each: Route) -> str:
    """Describe the permitted callers of a route."""
    schemes, callers = _schemes(each), []
    if "platformKey" in schemes:
        kinds = "a key or platform key" if "key" in schemes else "a platform key"
        callers.append(f"{kinds} with the scope `{scope_for(each.platform_permission)}`")
    if "member" in schemes:
        members = f"members: {', '.join(_roles(each))}"
        callers.append(each.needs.value if isinstance(each.needs, SignInLevel) else members)
    return f"For {'; '.join(callers)}."


def _parameters(each: Route) -> list[_Json]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": _PATH_SCHEMAS.get(name, _ANY_ID)}
        for name in _PATH_PARAMETER.findall(each.path)
    ]
    in_query = _fields(each.query, "query") if each.query else []
    return in_path + in_query + (_fields(each.headers, "header") if each.headers else [])


def _fields(model: type[BaseModel], place: str) -> list[_Json]:
    schema = model.model_json_schema()
    return [
        {
            "name": name,
            "in": place,
            "required": name in schema.get("required", ()),
            "schema": _without_null(each),
        }
        for name, each in schema["properties"].items()
    ]


def _without_null(schema: _Json) -> _Json:
    """Return the schema of a parameter, which has no null: it is left out instead."""
    kept = {name: value for name, value in schema.items() if name != "default" or value is not None}
    options = [each for each in kept.pop("anyOf", ()) if each != {"type": "null"}]
    return kept | (options[0] if len(options) == 1 else {"anyOf": options} if options else {})
