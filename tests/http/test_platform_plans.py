"""The platform's plans by API: read, previewed and replaced, with the version that was read."""

from typing import Any

import pytest

from shared.stores import process_memory
from shared.usecases.limits.read_plans import REMEMBERED_FOR
from tests.http.serving import Functions, Json, refused, succeeded

PATH = "/platform/plans"


@pytest.fixture
def pricing(functions: Functions) -> str:
    """A platform key that may change prices."""
    return functions.create_platform_key("prices:write")


def body_of(functions: Functions, pricing: str, **starter: Any) -> Json:
    """The plans as they are, with changes of plan starter, to be sent back."""
    read = functions.read(pricing, PATH)
    del read["plan_versions"]
    for plan in read["plans"]:
        if plan["id"] == "starter":
            plan.update(starter)
    return read


def test_the_plans_can_be_sent_back_as_they_were_read_and_nothing_changes(
    functions: Functions, pricing: str
) -> None:
    body = body_of(functions, pricing)
    assert [plan["id"] for plan in body["plans"]] == ["free", "starter", "professional", "enterprise"]
    assert body["aliases"] == {"pro": "professional"}
    assert succeeded(functions.send("PUT", pricing, PATH, body)) == {"version": 0, "plans": [], "others": []}


def test_a_dry_run_says_what_would_change_and_a_change_does_it(functions: Functions, pricing: str) -> None:
    functions.create_tenant("acme", "starter")
    body = body_of(functions, pricing, tokens=None, visible=False)
    expected = {
        "version": 1,
        "plans": [
            {
                "plan": "starter",
                "version": 2,
                "what": ["tokens: 500000 → unlimited", "visible: True → False"],
                "tenants": [{"version": 1, "tenants": 1}],
            }
        ],
        "others": [],
    }
    assert succeeded(functions.send("PUT", pricing, f"{PATH}?dry_run=true", body)) == expected
    assert functions.read(pricing, PATH)["version"] == 0
    assert succeeded(functions.send("PUT", pricing, PATH, body)) == expected
    changed = functions.read(pricing, PATH)
    assert (changed["version"], changed["plan_versions"]["starter"]) == (1, 2)


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_who_read_older_plans_is_refused(query: str, functions: Functions, pricing: str) -> None:
    older = body_of(functions, pricing)
    succeeded(functions.send("PUT", pricing, PATH, body_of(functions, pricing, tokens=1)))
    refused(functions.send("PUT", pricing, f"{PATH}{query}", older), 409, "changed_meanwhile")


def test_a_plan_that_somebody_has_cannot_go(functions: Functions, pricing: str) -> None:
    functions.create_tenant("acme", "starter")
    body = body_of(functions, pricing)
    body["plans"] = [plan for plan in body["plans"] if plan["id"] != "starter"]
    refused(functions.send("PUT", pricing, PATH, body), 409, "plan_in_use")


@pytest.mark.parametrize(
    ("starter", "problem"),
    [
        ({"tokens": -1}, ("plans.1.tokens", "greater_than_equal")),
        ({"colour": "red"}, ("plans.1.colour", "extra_forbidden")),
        ({"prices": {}}, ("prices", "one_free_plan")),
        ({"id": "free"}, ("id", "duplicate_plan")),
        ({"prices": {"month": "1", "year": "13"}}, ("plans.1.prices", "invalid_price")),
    ],
)
def test_wrong_plans_are_refused_by_their_fields(
    starter: Json, problem: tuple[str, str], functions: Functions, pricing: str
) -> None:
    answer = functions.send("PUT", pricing, PATH, body_of(functions, pricing, **starter))
    problems = [(each["field"], each["code"]) for each in refused(answer, 422)["errors"]]
    assert problem in problems


def test_an_alias_in_a_circle_is_refused(functions: Functions, pricing: str) -> None:
    body = body_of(functions, pricing) | {"aliases": {"a": "b", "b": "a"}}
    assert {each["code"] for each in refused(functions.send("PUT", pricing, PATH, body), 422)["errors"]} == {
        "alias_circle"
    }


def test_a_change_names_the_platform_key_in_the_plans_own_trail(functions: Functions, pricing: str) -> None:
    succeeded(functions.send("PUT", pricing, PATH, body_of(functions, pricing, tokens=1)))
    (entry,) = process_memory().list_plan_changes(5)
    assert (entry.actor.partition(":")[0], entry.action) == ("platform", "plans.version_1")


def test_tenants_and_grants_by_api_get_the_newest_version(functions: Functions, pricing: str) -> None:
    platform = functions.create_platform_key()
    old = {"id": "old", "plan": "starter"}
    assert succeeded(functions.send("POST", platform, "/tenants", old), 201)["plan_version"] == 1
    succeeded(functions.send("PUT", pricing, PATH, body_of(functions, pricing, tokens=600_000)))
    functions.clock.pass_by(REMEMBERED_FOR)
    made = succeeded(functions.send("POST", platform, "/tenants", {"id": "new", "plan": "starter"}), 201)
    assert (made["plan_version"], made["limits"]["tokens"]) == (2, 600_000)
    kept = functions.read(platform, "/tenants/old")
    assert (kept["plan_version"], kept["limits"]["tokens"]) == (1, 500_000)
    grant = {"plan": "starter", "reason": "pilot"}
    succeeded(functions.send("POST", platform, "/tenants/old/grants", grant), 201)
    assert functions.read(platform, "/tenants/old")["limits"]["tokens"] == 600_000
