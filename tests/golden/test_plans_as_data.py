"""Golden behaviour P4: a change of plans by file reaches every instance, and takes nothing from anybody."""

from datetime import timedelta

import pytest

from shared.adapters.default_plans import PATH
from shared.domain.limits.plan_file import parse_plans
from shared.domain.people.audit import Change
from shared.usecases.people.manage_tenants import TenantRequest, create_tenant, known_plan
from tests.http.serving import Functions, Json, succeeded

TEXT = PATH.read_text("utf-8")
SMALLER = TEXT.replace("tokens = 500_000", "tokens = 300_000").replace('month = "29"', 'month = "35"')
MINUTE = timedelta(seconds=60)


@pytest.fixture(params=["memory", "firestore"])
def instance(request: pytest.FixtureRequest) -> Functions:
    name = "functions" if request.param == "memory" else "functions_on_firestore"
    functions: Functions = request.getfixturevalue(name)
    return functions


def plan_shown(functions: Functions, plan_id: str = "starter") -> Json:
    plans: list[Json] = functions.read(None, "/plans")["plans"]
    return next(plan for plan in plans if plan["id"] == plan_id)


def limit_of(functions: Functions, key: str, tenant_id: str) -> int:
    """The tokens that a tenant has left, as the check says, without any usage."""
    left: int = functions.check(key, tokens=1)["status"]["tokens_remaining"]
    page = functions.read(key, f"/tenants/{tenant_id}/usage")
    assert page["limits"]["tokens"] == left
    return left


def test_p4_a_change_by_file_reaches_every_instance_within_a_minute_and_no_tenant_loses_what_it_bought(
    instance: Functions,
) -> None:
    key = instance.create_tenant()
    other = instance.another()
    for functions in (instance, other):
        assert plan_shown(functions)["tokens_per_period"] == 500_000
        assert limit_of(functions, key, "acme") == 500_000
    container = instance.container("usage_api")
    container.plan_manager.replace(parse_plans(SMALLER), Change("ada", instance.clock.now, "smaller"))
    instance.clock.pass_by(MINUTE)
    for functions in (instance, other):
        shown = plan_shown(functions)
        assert (shown["version"], shown["tokens_per_period"], shown["usd_monthly"]) == (2, 300_000, "35.00")
        assert limit_of(functions, key, "acme") == 500_000
        billing = functions.read(key, "/tenants/acme/usage")["billing"]
        assert (billing["plan"], billing["plan_version"]) == ("starter", 1)
        assert billing["plan_terms"]["tokens_per_period"] == 500_000
    plan = known_plan(other.containers["record_usage"].plans(), "starter")
    request = TenantRequest("bolt", "Bolt", plan)
    change = Change("ada", instance.clock.now)
    _, made = create_tenant(instance.containers["record_usage"].directory, request, change, is_live=False)
    allowed = succeeded(
        other.record_usage.post("/v1/check", headers={"Authorization": f"Bearer {made.secret}"}, json={})
    )
    assert allowed["status"]["tokens_remaining"] == 300_000


def test_p4_a_plan_without_limits_is_shown_and_checked_as_unlimited(instance: Functions) -> None:
    unlimited = TEXT.replace("tokens = 500_000\n", "").replace(
        "runs = 100\n", 'provider_cost_usd = "49.50"\n'
    )
    container = instance.container("usage_api")
    container.plan_manager.replace(parse_plans(unlimited), Change("ada", instance.clock.now))
    shown = plan_shown(instance)
    assert (shown["tokens_per_period"], shown["runs_per_period"]) == (None, None)
    assert shown["provider_cost_usd_per_period"] == "49.50"
    assert plan_shown(instance, "free") | {"is_free": True, "usd_monthly": "0.00"} == plan_shown(
        instance, "free"
    )


def test_p4_hidden_plans_are_sold_and_not_shown(instance: Functions) -> None:
    hidden = TEXT.replace("runs = 500\n", "runs = 500\nvisible = false\n")
    container = instance.container("usage_api")
    container.plan_manager.replace(parse_plans(hidden), Change("ada", instance.clock.now))
    assert [plan["id"] for plan in instance.read(None, "/plans")["plans"]] == [
        "free",
        "starter",
        "enterprise",
    ]
    assert known_plan(container.plans(), "pro").id == "professional"
