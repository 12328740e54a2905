"""The OpenAPI document: complete, with all references resolved, and matching the responses of the API."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.http.metering.event_bodies import NDJSON
from shared.http.routes import Example, Route
from shared.http.tables import RECORD_USAGE, USAGE_API
from tests.http.json_schema import SchemaChecker
from tests.http.serving import Functions, Json, bearer

ROUTES = (*RECORD_USAGE, *USAGE_API)
EXAMPLES = [pytest.param(route, each, id=name) for route in ROUTES for name, each in route.examples.items()]
PLACES = {"tenant": "acme", "user": "uid-bob"}
GOOD: Json = {"id": "a", "category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "run_id": "run-1"}
GOOD |= {"tokens": {"input_tokens": 100, "output_tokens": 20}, "metadata": {"tags": [1, None]}}
SHAPES = json.loads(Path(__file__).with_name("cases").joinpath("accepted_shapes.json").read_text("utf-8"))


@pytest.fixture
def documents(functions: Functions) -> dict[str, Json]:
    """The document of each function."""
    record_usage = functions.record_usage.get("/v1/openapi.json").get_json()
    return {"record_usage": record_usage, "usage_api": functions.read(None, "/openapi.json")}


@pytest.fixture(params=["record_usage", "usage_api"])
def each_document(request: pytest.FixtureRequest, documents: dict[str, Json]) -> Json:
    return documents[request.param]


@pytest.fixture
def document(documents: dict[str, Json]) -> Json:
    """The operations and schemas of both."""
    first, second = documents["record_usage"], documents["usage_api"]
    schemas = {**first["components"]["schemas"], **second["components"]["schemas"]}
    paths = {**first["paths"], **second["paths"]}
    components = {**second["components"], **first["components"], "schemas": schemas}
    return {"paths": paths, "components": components}


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


def test_it_names_its_openapi_version(each_document: Json) -> None:
    assert each_document["openapi"] == "3.1.0"
    assert each_document["info"].keys() >= {"title", "version"}


@pytest.mark.parametrize(("name", "routes"), [("record_usage", RECORD_USAGE), ("usage_api", USAGE_API)])
def test_a_document_describes_the_routes_of_its_function(
    name: str, routes: tuple[Route, ...], documents: dict[str, Json]
) -> None:
    documented = {(method, path) for path, item in documents[name]["paths"].items() for method in item}
    assert documented == {(route.method.lower(), documented_path(route.path)) for route in routes}


def test_every_operation_for_callers_has_the_tag_of_its_area(each_document: Json) -> None:
    declared = [tag["name"] for tag in each_document["tags"]]
    operations = [operation for item in each_document["paths"].values() for operation in item.values()]
    assert {tag for operation in operations for tag in operation["tags"]} == set(declared)
    assert all(len(operation["tags"]) == 1 for operation in operations if "security" in operation)


def test_what_only_a_machine_reads_has_no_tag(document: Json) -> None:
    untagged = {
        path
        for path, item in document["paths"].items()
        for operation in item.values()
        if not operation["tags"]
    }
    assert untagged == {"/", "/v1/openapi.json", "/api/v1/openapi.json"}


def test_every_reference_resolves(each_document: Json) -> None:
    references = set(every("$ref", each_document))
    named = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses", "headers")
        for name in each_document["components"][kind]
    }
    assert references <= named
    unused = {reference for reference in named - references if "/schemas/" in reference}
    assert not unused


def test_every_parameter_of_a_path_is_declared(each_document: Json) -> None:
    for path, item in each_document["paths"].items():
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
        assert operation["responses"].keys() >= {str(route.status), "405", "413", "415", "500", "503"}
        assert ("401" in operation["responses"]) is (route.needs is not None)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("401", {"WWW-Authenticate"}),
        ("405", {"Allow"}),
        ("429", {"Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}),
        ("503", {"Retry-After"}),
    ],
)
def test_a_refusal_names_its_headers(status: str, headers: set[str], each_document: Json) -> None:
    refusal = each_document["components"]["responses"][f"Problem{status}"]
    assert set(refusal["headers"]) == {*headers, "Cache-Control", "X-Content-Type-Options"}
    assert set(refusal["content"]) == {"application/problem+json"}


def test_recording_names_its_content_types_and_their_bounds(document: Json) -> None:
    body = document["paths"]["/v1/events"]["post"]["requestBody"]
    assert list(body["content"]) == [
        *("application/json", "application/cloudevents+json", "application/cloudevents-batch+json"),
        "application/x-ndjson",
    ]
    assert "At most 4 MiB" in body["description"]
    assert "gzip" in body["description"]
    assert set(every("maxItems", body)) == {500}
    assert list(every("maxItems", document["components"]["schemas"]["EventsBatch"])) == [500]


def test_every_body_has_an_example_unless_it_is_empty(document: Json) -> None:
    for route in ROUTES:
        if route.body is not None and not route.examples:
            operation = document["paths"][documented_path(route.path)][route.method.lower()]
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            name = schema["$ref"].rpartition("/")[2]
            assert document["components"]["schemas"][name]["properties"] == {}


def body_of(example: Example) -> str:
    """Return the body as its content type writes it."""
    if example.content_type == NDJSON:
        assert isinstance(example.body, list)
        return "\n".join(map(json.dumps, example.body))
    return json.dumps(example.body)


@pytest.mark.parametrize(("route", "example"), EXAMPLES)
def test_an_example_fits_its_schema_and_is_accepted(
    route: Route, example: Example, functions: Functions, key: str, document: Json, checker: SchemaChecker
) -> None:
    operation = document["paths"][documented_path(route.path)][route.method.lower()]
    content = operation["requestBody"]["content"][example.content_type]
    assert example.body in [each["value"] for each in content["examples"].values()]
    assert checker.misfits(example.body, content["schema"]) == []
    is_metering = route in RECORD_USAGE
    functions.sign_in("bob@example.com")
    secret = key if is_metering else functions.sign_in("ada@example.com")
    is_provisioning = isinstance(example.body, dict) and "owner_email" in example.body
    if route.needs in ("tenants:write", "prices:write", "platform:read") or is_provisioning:
        secret = functions.create_platform_key()
    answer = (functions.record_usage if is_metering else functions.usage_api).open(
        re.sub(r"<(\w+)>", lambda name: PLACES.get(name[1], "x"), route.path),
        method=route.method,
        data=body_of(example),
        headers={**bearer(secret), "Content-Type": example.content_type},
    )
    # 404: what the path names does not exist here, and 503: nothing is sold; both come after the body.
    # 409: the tenant of the examples exists, and this is the example that creates it.
    expected = {route.status, 404, 503} | ({409} if route.may_exist else set())
    assert answer.status_code in expected, answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("method", "path", "schemes", "words"),
    [
        ("get", "/api/v1/plans", None, None),
        (
            "post",
            "/v1/events",
            ["key", "platformKey"],
            "For a key or platform key with the scope `usage:write`.",
        ),
        (
            "post",
            "/v1/runs/{run}/end",
            ["key", "platformKey"],
            "For a key or platform key with the scope `usage:write`.",
        ),
        (
            "post",
            "/v1/check",
            ["key", "platformKey"],
            "For a key or platform key with the scope `limits:read`.",
        ),
        (
            "get",
            "/api/v1/tenants/{tenant}/usage",
            ["key", "platformKey", "member"],
            "For a key or platform key with the scope `usage:read`; members: owner, admin, member.",
        ),
        (
            "post",
            "/api/v1/tenants/{tenant}/checkout-sessions",
            ["key", "platformKey", "member"],
            "For a key or platform key with the scope `billing:write`; members: owner, admin.",
        ),
        (
            "get",
            "/api/v1/tenants/{tenant}/members",
            ["platformKey", "member"],
            "For a platform key with the scope `tenants:write`; members: owner, admin.",
        ),
        (
            "delete",
            "/api/v1/tenants/{tenant}/members/{user}",
            ["platformKey", "member"],
            "For a platform key with the scope `tenants:write`; any member of the tenant.",
        ),
        ("get", "/api/v1/me", ["member"], "For any signed-in user."),
        (
            "post",
            "/api/v1/tenants",
            ["platformKey", "member"],
            "For a platform key with the scope `tenants:write`; any signed-in user with a verified email address.",
        ),
        ("get", "/api/v1/tenants", ["platformKey"], "For a platform key with the scope `tenants:write`."),
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
    fit(answers, document, checker)


def test_a_response_to_the_platform_fits_its_schema(
    functions: Functions, key: str, document: Json, checker: SchemaChecker
) -> None:
    platform, tenant = functions.create_platform_key(), {"id": "bolt", "metadata": {"a": "b"}}
    grant = {"tokens": 5, "reason": "x"}
    answers = [
        ("post", "/tenants", functions.send("POST", platform, "/tenants", tenant)),
        ("post", "/tenants", functions.send("POST", platform, "/tenants", tenant)),
        (
            "post",
            "/tenants/{tenant}/grants",
            functions.send("POST", platform, "/tenants/bolt/grants", grant),
        ),
        ("get", "/tenants/{tenant}/grants", functions.get(platform, "/tenants/bolt/grants")),
        ("get", "/tenants/{tenant}", functions.get(platform, "/tenants/bolt")),
        ("get", "/tenants", functions.get(platform, "/tenants?limit=1")),
    ]
    assert [answer.status_code for _, _, answer in answers] == [201, 200, 201, 200, 200, 200]
    fit(answers, document, checker)


def fit(answers: list[tuple[str, str, TestResponse]], document: Json, checker: SchemaChecker) -> None:
    """Check that each answer of an operation has the schema of its status."""
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


def test_the_answers_about_a_run_fit_their_schemas(
    functions: Functions, key: str, document: Json, checker: SchemaChecker
) -> None:
    def ask(path: str, body: Json) -> TestResponse:
        return functions.record_usage.post(path, json=body, headers=bearer(key))

    answers = [
        ("/v1/runs", ask("/v1/runs", {"run_id": "run-1", "budget_usd": 1})),
        ("/v1/runs", ask("/v1/runs", {"run_id": "run-1", "budget_usd": 1})),
        ("/v1/runs", ask("/v1/runs", {"run_id": "run-2", "hold_tokens": 10**9})),
        ("/v1/runs", ask("/v1/runs", {"run_id": "run-1"})),
        ("/v1/runs/{run}/extend", ask("/v1/runs/run-1/extend", {"hold_tokens": 5})),
        ("/v1/runs/{run}/extend", ask("/v1/runs/run-1/extend", {"hold_tokens": 10**9})),
        ("/v1/runs/{run}/end", ask("/v1/runs/run-1/end", {"status": "failed", "error": "x"})),
        ("/v1/runs/{run}/extend", ask("/v1/runs/run-1/extend", {"hold_tokens": 5})),
    ]
    assert [answer.status_code for _, answer in answers] == [201, 200, 402, 409, 200, 402, 200, 409]
    for path, answer in answers:
        documented = document["paths"][path]["post"]["responses"][str(answer.status_code)]
        name = documented.get("$ref", "").rpartition("/")[2]
        content = documented if not name else document["components"]["responses"][name]
        (schema,) = (each["schema"] for each in content["content"].values())
        assert checker.misfits(answer.get_json(), schema) == [], path


def test_only_routes_about_runs_say_that_a_limit_may_have_too_little_room(documents: dict[str, Json]) -> None:
    paths = documents["record_usage"]["paths"]
    assert {path for path in paths if "402" in paths[path].get("post", {}).get("responses", {})} == {
        "/v1/runs",
        "/v1/runs/{run}/extend",
    }
    assert "Problem402" not in documents["usage_api"]["components"]["responses"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in SHAPES])
def test_an_accepted_body_fits_its_schema(case: Json, document: Json, checker: SchemaChecker) -> None:
    content = document["paths"]["/v1/events"]["post"]["requestBody"]["content"]
    schema = content[case["type"].partition(";")[0]]["schema"]
    assert checker.misfits(case["body"], schema) == []


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
