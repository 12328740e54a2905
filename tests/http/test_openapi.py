"""The OpenAPI document: complete, with all references resolved, and matching the responses of the API."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.http.billing import billing
from shared.http.ledger import series, usage_api
from shared.http.metering import record_usage
from shared.http.notices import alerts
from shared.http.people import api_keys, audit, members
from tests.http.json_schema import SchemaChecker
from tests.http.serving import Functions, Json, bearer

TABLES = (record_usage, usage_api, series, billing, members, api_keys, alerts, audit)
ROUTES = tuple(route for table in TABLES for route in table.ROUTES)
GOOD: Json = {"id": "a", "category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "run_id": "run-1"}
GOOD |= {"tokens": {"input_tokens": 100, "output_tokens": 20}, "metadata": {"tags": [1, None]}}
SHAPES = json.loads(Path(__file__).with_name("cases").joinpath("accepted_shapes.json").read_text("utf-8"))


@pytest.fixture
def document(functions: Functions) -> Json:
    return functions.read(None, "/openapi.json")


@pytest.fixture
def checker(document: Json) -> SchemaChecker:
    return SchemaChecker(document["components"]["schemas"])


def every(name: str, value: object) -> Iterator[Any]:
    """Yield each value of the key `name`, anywhere in the document."""
    if isinstance(value, dict):
        for key, member in value.items():
            if key == name:
                yield member
            yield from every(name, member)
    elif isinstance(value, list):
        for item in value:
            yield from every(name, item)


def documented_path(path: str) -> str:
    return re.sub(r"<(?:path:)?(\w+)>", r"{\1}", path)


def test_it_names_its_openapi_version(document: Json) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["info"].keys() >= {"title", "version"}


def test_every_route_of_the_tables_is_in_it(document: Json) -> None:
    documented = {(method, path) for path, item in document["paths"].items() for method in item}
    assert documented >= {(route.method.lower(), documented_path(route.path)) for route in ROUTES}


def test_every_reference_resolves(document: Json) -> None:
    references = set(every("$ref", document))
    names = document["components"]["schemas"]
    assert references <= {f"#/components/schemas/{name}" for name in names}
    assert references == {f"#/components/schemas/{name}" for name in names}, "unused schemas"


def test_every_parameter_of_a_path_is_declared(document: Json) -> None:
    for path, item in document["paths"].items():
        for operation in item.values():
            declared = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
            assert declared == re.findall(r"\{(\w+)\}", path)
            assert all(each["required"] for each in operation["parameters"] if each["in"] == "path")


def test_every_operation_has_a_summary_its_callers_and_its_responses(document: Json) -> None:
    for route in ROUTES:
        operation = document["paths"][documented_path(route.path)][route.method.lower()]
        assert operation["summary"]
        assert (
            bool(operation.get("security")) is bool(operation.get("description")) is (route.needs is not None)
        )
        assert operation["responses"].keys() == {str(route.status), "4XX", "503"}
        assert all(response["description"] for response in operation["responses"].values())


@pytest.mark.parametrize(
    ("method", "path", "schemes", "words"),
    [
        ("get", "/api/v1/plans", None, None),
        ("post", "/v1/events", ["key"], "For a key with the scope `usage:write`."),
        ("post", "/v1/check", ["key"], "For a key with the scope `limits:read`."),
        (
            "get",
            "/api/v1/tenants/{tenant}/usage",
            ["key", "member"],
            "For a key with the scope `usage:read`; members: owner, admin, member.",
        ),
        (
            "post",
            "/api/v1/tenants/{tenant}/checkout-sessions",
            ["key", "member"],
            "For a key with the scope `billing:write`; members: owner, admin.",
        ),
        ("get", "/api/v1/tenants/{tenant}/members", ["member"], "For members: owner, admin."),
        ("delete", "/api/v1/tenants/{tenant}/members/{user}", ["member"], "For any member of the tenant."),
        ("get", "/api/v1/me", ["member"], "For any signed-in user."),
        ("post", "/api/v1/tenants", ["member"], "For any signed-in user with a verified email address."),
    ],
)
def test_it_names_the_callers_of_a_route(
    method: str, path: str, schemes: list[str] | None, words: str | None, document: Json
) -> None:
    operation = document["paths"][path][method]
    assert [scheme for each in operation.get("security", ()) for scheme in each] == (schemes or [])
    assert operation.get("description") == words
    assert set(schemes or ()) <= document["components"]["securitySchemes"].keys()


def test_a_response_to_people_fits_its_schema(
    functions: Functions, key: str, document: Json, checker: SchemaChecker
) -> None:
    ada, bob = functions.sign_in("ada@example.com", name="Ada"), functions.sign_in("bob@example.com", None)
    invited = {"email": "bob@example.com", "role": "admin"}
    answers = [
        ("put", "/tenants/{tenant}/members", functions.send("PUT", ada, "/tenants/acme/members", invited)),
        ("get", "/tenants/{tenant}/members", functions.get(ada, "/tenants/acme/members")),
        ("get", "/me", functions.get(bob, "/me")),
        ("get", "/me", functions.get(ada, "/me")),
        (
            "post",
            "/invitations/{tenant}/accept",
            functions.send("POST", bob, "/invitations/acme/accept"),
        ),
        ("post", "/tenants", functions.send("POST", bob, "/tenants", {"name": "Bolt"})),
    ]
    for method, path, answer in answers:
        responses = document["paths"][f"/api/v1{path}"][method]["responses"]
        schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
        assert checker.misfits(answer.get_json(), schema) == [], (method, path)


def response_schema(document: Json, method: str, path: str) -> Json:
    schema: Json = document["paths"][path][method]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    return schema


@pytest.mark.parametrize("is_folded", [False, True])
@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/plans", "/plans"),
        ("/health", "/health"),
        ("/tenants/acme/usage", "/tenants/{tenant}/usage"),
        ("/tenants/acme/usage?period=previous", "/tenants/{tenant}/usage"),
        ("/tenants/acme/usage/series", "/tenants/{tenant}/usage/series"),
        ("/tenants/acme/usage/series?group_by=model", "/tenants/{tenant}/usage/series"),
        ("/tenants/acme/runs", "/tenants/{tenant}/runs"),
        ("/tenants/acme/runs/run-1", "/tenants/{tenant}/runs/{run}"),
        ("/tenants/acme/events?limit=1", "/tenants/{tenant}/events"),
    ],
)
def test_a_response_of_usage_api_fits_its_schema(
    path: str,
    template: str,
    is_folded: bool,
    functions: Functions,
    key: str,
    document: Json,
    checker: SchemaChecker,
) -> None:
    functions.record(key, GOOD, {**GOOD, "id": "b", "status": "failed", "tokens": None, "run_id": None})
    if is_folded:
        functions.tick()
    schema = response_schema(document, "get", f"/api/v1{template}")
    assert checker.misfits(functions.read(key, path), schema) == []


def test_a_response_of_recording_fits_its_schema(
    functions: Functions, key: str, document: Json, checker: SchemaChecker
) -> None:
    schema = response_schema(document, "post", "/v1/events")
    for path in ("/v1/events", "/v1/events?status=true"):
        answer = functions.post_events(key, [GOOD, {}, GOOD], path).get_json()
        assert checker.misfits(answer, schema) == []


@pytest.mark.parametrize("tokens", [5, 10**9])
def test_a_response_of_a_check_fits_its_schema(
    tokens: int, functions: Functions, key: str, document: Json, checker: SchemaChecker
) -> None:
    answer = functions.check(key, tokens=tokens)
    assert checker.misfits(answer, response_schema(document, "post", "/v1/check")) == []


@pytest.mark.parametrize(
    ("path", "status"), [("/tenants/acme/runs/no", 404), ("/tenants/acme/runs?limit=0", 422)]
)
def test_a_problem_fits_its_schema(
    path: str, status: int, functions: Functions, key: str, checker: SchemaChecker
) -> None:
    answer = functions.get(key, path)
    assert answer.status_code == status
    assert checker.misfits(answer.get_json(), {"$ref": "#/components/schemas/ProblemDocument"}) == []


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in SHAPES])
def test_an_accepted_body_fits_its_schema(case: Json, document: Json, checker: SchemaChecker) -> None:
    schema = document["paths"]["/v1/events"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    is_plain_json = case["type"].startswith("application/json")
    assert (checker.misfits(case["body"], schema) == []) is is_plain_json


@pytest.mark.parametrize("field", ["category", "provider", "model"])
def test_a_body_without_a_required_field_does_not_fit_its_schema(
    field: str, functions: Functions, key: str, checker: SchemaChecker
) -> None:
    event = {name: value for name, value in GOOD.items() if name != field}
    assert functions.post_events(key, event).status_code == 422
    assert checker.misfits(event, {"$ref": "#/components/schemas/MeteringEvent"}) == [f"$.{field} is missing"]


def test_it_is_public_and_may_be_cached(functions: Functions) -> None:
    answer = functions.usage_api.get("/api/v1/openapi.json", headers=bearer("nonsense"))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=300")
