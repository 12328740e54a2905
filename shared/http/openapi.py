"""The OpenAPI document, made from the tables of routes and their models."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

from flask import Response
from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json

from shared.domain.people.members import PERMISSIONS, ROLES
from shared.domain.people.tenants import ALL_SCOPES
from shared.http.app import Call, Container, Route, SignInLevel
from shared.http.problems import ProblemDocument

VERSION = "3.1.0"
_REFERENCE = "#/components/schemas/{model}"
_PATH_PARAMETER = re.compile(r"<(?:path:)?(\w+)>")
_Mode = Literal["validation", "serialization"]
_SECURITY_SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key: `gwi_live_…` or `gwi_test_…`."},
    "member": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An ID token of Firebase Auth.",
    },
}
_METERING = "/v1/"
"""The prefix of paths that agents call; these take only keys."""


def route(documented: Sequence[Route]) -> Route:
    """Return the route that serves the document of `documented`."""
    routes = tuple(documented)

    def handle(_call: Call, _container: Container) -> Response:
        headers = {"Cache-Control": "public, max-age=300"}
        return Response(to_json(document(routes)), 200, headers, mimetype="application/json")

    return Route(
        method="GET", path="/api/v1/openapi.json", summary="This document", handle=handle, needs=None
    )


@cache
def document(routes: tuple[Route, ...]) -> dict[str, Any]:
    """Return the OpenAPI document of `routes`."""
    schemas = _Schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for each in routes:
        path = _PATH_PARAMETER.sub(r"{\1}", each.path)
        paths.setdefault(path, {})[each.method.lower()] = _operation(each, schemas)
    return {
        "openapi": VERSION,
        "info": {"title": "GWI Usage", "version": "1", "description": "Usage metering and plan limits."},
        "paths": paths,
        "components": {
            "schemas": schemas.definitions,
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


class _Schemas:
    """The JSON schemas of all models of the routes, made together so that they share definitions."""

    def __init__(self, routes: Sequence[Route]) -> None:
        inputs: list[tuple[object, _Mode, TypeAdapter[Any]]] = [
            (model, mode, TypeAdapter(model)) for model, mode in _models(routes)
        ]
        self._schemas, shared = TypeAdapter.json_schemas(inputs, ref_template=_REFERENCE)
        self.definitions: dict[str, Any] = shared.get("$defs", {})

    def of(self, model: object, mode: _Mode) -> dict[str, Any]:
        return self._schemas[model, mode]


def _models(routes: Sequence[Route]) -> set[tuple[Any, _Mode]]:
    models: set[tuple[Any, _Mode]] = {(ProblemDocument, "serialization")}
    for each in routes:
        if each.body is not None:
            models.add((each.body, "validation"))
        if each.response is not None:
            models.add((each.response, "serialization"))
    return models


def _operation(each: Route, schemas: _Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {"summary": each.summary, "parameters": _parameters(each)}
    if each.body is not None:
        operation["requestBody"] = {"content": _json(schemas.of(each.body, "validation"))}
    content = {} if each.response is None else {"content": _json(schemas.of(each.response, "serialization"))}
    problem = {"application/problem+json": {"schema": schemas.of(ProblemDocument, "serialization")}}
    operation["responses"] = {
        str(each.status): {"description": "Success", **content},
        "4XX": {"description": "The request is invalid; `errors` names the fields", "content": problem},
        "503": {"description": "Unavailable: retry after the seconds in Retry-After", "content": problem},
    }
    if each.needs is not None:
        operation["security"] = [{scheme: []} for scheme in _schemes(each)]
        operation["description"] = _callers(each)
    return operation


def _schemes(each: Route) -> list[str]:
    """Return the security schemes by which a route can be called."""
    takes_keys = each.needs in ALL_SCOPES
    takes_members = isinstance(each.needs, SignInLevel) or bool(_roles(each))
    is_metering = each.path.startswith(_METERING)
    return ["key"] * takes_keys + ["member"] * (takes_members and not is_metering)


def _roles(each: Route) -> list[str]:
    return [role for role in ROLES if each.needs in PERMISSIONS[role]]


def _callers(each: Route) -> str:
    """Describe the permitted callers of a route."""
    if isinstance(each.needs, SignInLevel):
        return f"For {each.needs.value}."
    callers = {"key": f"a key with the scope `{each.needs}`", "member": f"members: {', '.join(_roles(each))}"}
    return f"For {'; '.join(callers[scheme] for scheme in _schemes(each))}."


def _parameters(each: Route) -> list[dict[str, Any]]:
    text = {"type": "string"}
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": text}
        for name in _PATH_PARAMETER.findall(each.path)
    ]
    return in_path + (_query_parameters(each.query) if each.query else [])


def _query_parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    schema = query.model_json_schema()
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": each}
        for name, each in schema["properties"].items()
    ]


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
