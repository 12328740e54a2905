"""Tenants by API: the platform creates, changes, lists, suspends and ends its tenants with one key."""

from datetime import timedelta
from typing import Any

import pytest

from shared.stores import process_memory
from tests.http.serving import Clock, Functions, Json, bearer, refused, succeeded, user_id_of
from tests.outgoing_fixtures import mails_of

CALL: Json = {
    "category": "llm",
    "provider": "openai",
    "model": "gpt-4.1-mini",
    "tokens": {"input_tokens": 30_000, "output_tokens": 10_000},
}
BOLT: Json = {
    "id": "bolt",
    "name": "Bolt Inc.",
    "plan": "pro",
    "limits": {"tokens": 1_000_000},
    "metadata": {"crm.id": "7"},
    "owner_email": "Bea@example.com",
}
WHY = {"reason": "because"}


@pytest.fixture
def platform_key(functions: Functions) -> str:
    """A platform key that may do everything, where no tenant exists."""
    return functions.create_platform_key()


class Platform:
    """The platform's backend, which calls the routes of tenants with one key."""

    def __init__(self, functions: Functions, key: str) -> None:
        self.functions = functions
        self.key = key

    def create(self, status: int = 201, **body: object) -> Json:
        return succeeded(self.send("POST", "", body), status)

    def send(self, method: str, path: str, body: object = None) -> Any:
        return self.functions.send(method, self.key, f"/tenants{path}", body)

    def show(self, tenant_id: str) -> Json:
        return succeeded(self.send("GET", f"/{tenant_id}"))

    def ids(self, query: str = "") -> list[str]:
        return [each["id"] for each in succeeded(self.send("GET", query))["tenants"]]

    def trail(self, tenant_id: str) -> list[tuple[str, str, str]]:
        entries = self.functions.read(self.key, f"/tenants/{tenant_id}/audit")["entries"]
        return [(each["actor"], each["action"], each["reason"]) for each in entries]


@pytest.fixture
def ours(functions: Functions, platform_key: str) -> Platform:
    return Platform(functions, platform_key)


# Creating


def test_a_tenant_is_created_as_it_was_asked_for_without_a_key(ours: Platform) -> None:
    made = ours.create(**BOLT)
    assert made == ours.show("bolt")
    shown = {name: made[name] for name in ("id", "name", "plan", "plan_version", "status", "metadata")}
    assert shown == {
        "id": "bolt",
        "name": "Bolt Inc.",
        "plan": "professional",
        "plan_version": 1,
        "status": "active",
        "metadata": {"crm.id": "7"},
    }
    assert made["own_limits"]["tokens"] == made["limits"]["tokens"] == 1_000_000
    assert (made["limits"]["runs"], made["limits"]["provider_cost_usd"]) == (500, None)
    assert made["billing"]["status"] == "none"
    assert (made["usage"]["tokens"], made["usage"]["usage_percent"]) == (0, 0)
    assert ours.functions.read(ours.key, "/tenants/bolt/api-keys") == {"api_keys": []}
    trail = [(action, actor[:22]) for actor, action, _ in ours.trail("bolt")]
    assert sorted(trail) == [
        (each, "platform:gwi_platform_") for each in ("member.invited", "tenant.created")
    ]


def test_only_the_id_is_needed(ours: Platform) -> None:
    made = ours.create(id="bolt")
    assert (made["name"], made["plan"], made["metadata"]) == ("bolt", "free", {})


def test_the_same_request_again_answers_with_what_exists_and_changes_nothing(ours: Platform) -> None:
    ours.create(**BOLT)
    succeeded(ours.send("PATCH", "/bolt", {"plan": "starter"}))
    before, trail = ours.show("bolt"), ours.trail("bolt")
    assert ours.create(200, **BOLT) == before
    assert ours.trail("bolt") == trail
    assert len(mails_of(process_memory())) == 1


def test_an_idempotency_key_gets_the_same_response_again(functions: Functions, ours: Platform) -> None:
    headers = {**bearer(ours.key), "Idempotency-Key": "1b9d6bcd"}
    first, second = (
        functions.usage_api.post("/api/v1/tenants", json=BOLT, headers=headers) for _ in range(2)
    )
    assert first.get_json() == ours.show("bolt")
    assert (first.status_code, second.status_code) == (201, 201)
    assert (first.get_json(), second.headers["Idempotent-Replayed"]) == (second.get_json(), "true")
    other = functions.usage_api.post("/api/v1/tenants", json={**BOLT, "id": "other"}, headers=headers)
    refused(other, 422, "idempotency_key_reused")
    assert ours.ids() == ["bolt"]


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Other"},
        {"plan": "free"},
        {"limits": {}},
        {"metadata": {}},
        {"owner_email": "al@example.com"},
    ],
)
def test_another_request_for_the_same_id_is_a_conflict(ours: Platform, other: Json) -> None:
    ours.create(**BOLT)
    before = ours.show("bolt")
    refused(ours.send("POST", "", {**BOLT, **other}), 409, "tenant_exists")
    assert ours.show("bolt") == before


def test_an_id_that_somebody_else_has_taken_is_a_conflict(functions: Functions, ours: Platform) -> None:
    functions.create_tenant("acme")
    refused(ours.send("POST", "", {"id": "acme", "name": "Acme", "plan": "starter"}), 409, "tenant_exists")


def test_the_owner_is_invited_and_owns_the_tenant_once_they_accept(
    functions: Functions, ours: Platform
) -> None:
    ours.create(**BOLT)
    (mail,) = mails_of(process_memory())
    assert mail.to == "bea@example.com"
    assert mail.paragraphs[0] == "You are invited to join “Bolt Inc” on GWI Usage as owner."
    bea = functions.sign_in("bea@example.com", None)
    (invitation,) = functions.read(bea, "/me")["invitations"]
    assert (invitation["tenant_id"], invitation["role"]) == ("bolt", "owner")
    succeeded(functions.send("POST", bea, "/invitations/bolt/accept"))
    assert functions.read(bea, "/tenants/bolt/members")["members"][0]["role"] == "owner"


def test_the_platform_may_invite_the_owners_of_many_tenants_in_a_day(ours: Platform) -> None:
    for number in range(60):
        ours.create(id=f"t-{number}", owner_email=f"owner-{number}@example.com")
    assert len(mails_of(process_memory())) == 60


def test_a_person_still_creates_a_tenant_for_themselves(functions: Functions, ours: Platform) -> None:
    ada = functions.sign_in("ada@example.com", None)
    made = succeeded(functions.send("POST", ada, "/tenants", {"name": "Ada & Co"}), 201)
    assert (made["role"], made["plan"]) == ("owner", "free")
    assert ours.ids() == [made["id"]]
    document = refused(functions.send("POST", ada, "/tenants", {"name": "Ada", "id": "ada"}), 422)
    assert document["errors"][0]["field"] == "id"


BAD_TENANTS: dict[str, tuple[Json, str]] = {
    "an id of 65 characters": ({"id": "a" * 65}, "id"),
    "an empty id": ({"id": ""}, "id"),
    "an id with a slash": ({"id": "a/b"}, "id"),
    "no id": ({"name": "Acme"}, "id"),
    "a blank name": ({"id": "acme", "name": " "}, "name"),
    "a name with a link": ({"id": "acme", "name": "see https://x.example"}, "name"),
    "an unknown plan": ({"id": "acme", "plan": "gold"}, "plan"),
    "a negative limit": ({"id": "acme", "limits": {"tokens": -1}}, "limits.tokens"),
    "an unknown limit": ({"id": "acme", "limits": {"dollars": 1}}, "limits.dollars"),
    "21 keys of metadata": ({"id": "acme", "metadata": {str(each): "" for each in range(21)}}, "metadata"),
    "a key of 41 characters": ({"id": "acme", "metadata": {"k" * 41: ""}}, "metadata"),
    "an empty key": ({"id": "acme", "metadata": {"": "x"}}, "metadata"),
    "a value of 501 characters": ({"id": "acme", "metadata": {"k": "v" * 501}}, "metadata.k"),
    "a number as a value": ({"id": "acme", "metadata": {"k": 1}}, "metadata.k"),
    "an address that is none": ({"id": "acme", "owner_email": "ann"}, "owner_email"),
    "an unknown field": ({"id": "acme", "colour": "red"}, "colour"),
}


@pytest.mark.parametrize("case", BAD_TENANTS)
def test_a_bad_tenant_is_refused_by_field_and_not_created(ours: Platform, case: str) -> None:
    body, field = BAD_TENANTS[case]
    document = refused(ours.send("POST", "", body), 422)
    assert document["errors"][0]["field"].startswith(field)
    assert ours.ids() == []


# Changing


def test_name_metadata_and_plan_change_and_each_is_audited_with_the_reason(ours: Platform) -> None:
    ours.create(**BOLT)
    body = {"name": "Bolt AG", "metadata": {"crm.id": "8"}, "plan": "enterprise", "reason": "merged"}
    changed = succeeded(ours.send("PATCH", "/bolt", body))
    assert (changed["name"], changed["metadata"]) == ("Bolt AG", {"crm.id": "8"})
    assert changed["plan"] == "enterprise"
    assert changed == ours.show("bolt")
    actions = [(action, reason) for _, action, reason in ours.trail("bolt")[:2]]
    assert sorted(actions) == [("plan.changed", "merged"), ("tenant.changed", "merged")]
    same = {"name": "Bolt AG", "metadata": {"crm.id": "8"}}
    trail = ours.trail("bolt")
    succeeded(ours.send("PATCH", "/bolt", same))
    assert ours.trail("bolt") == trail


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"reason": "x"}, "body"),
        ({"plan": "gold"}, "plan"),
        ({"name": ""}, "name"),
        ({"id": "x"}, "id"),
    ],
)
def test_a_bad_change_is_refused_and_changes_nothing(ours: Platform, body: Json, field: str) -> None:
    ours.create(**BOLT)
    before = ours.show("bolt")
    assert refused(ours.send("PATCH", "/bolt", body), 422)["errors"][0]["field"] == field
    assert ours.show("bolt") == before


def test_a_bad_name_beside_a_good_plan_changes_neither(ours: Platform) -> None:
    ours.create(**BOLT)
    refused(
        ours.send("PATCH", "/bolt", {"plan": "starter", "name": "www.evil.example"}), 422, "invalid_input"
    )
    assert ours.show("bolt")["plan"] == "professional"


def test_a_limit_below_what_is_used_is_accepted_and_the_answer_says_so(
    functions: Functions, ours: Platform
) -> None:
    ours.create(id="bolt", plan="starter")
    key = functions.create_key(tenant_id="bolt")
    functions.record(key, CALL)
    functions.tick(["bolt"])
    assert (ours.show("bolt")["usage"]["usage_percent"], ours.ids("?over_80=true")) == (8.0, [])
    answer = succeeded(ours.send("PUT", "/bolt/limits", {"tokens": 20_000, "reason": "trial is over"}))
    assert answer["limits"]["tokens"] == 20_000
    assert answer["usage"]["usage_percent"] == 200.0
    assert (answer["usage"]["over_limit"], answer["usage"]["over_80"]) == (True, True)
    assert ours.ids("?over_80=true") == ["bolt"], "the list knows at once"
    assert not functions.check(key, tokens=1)["allowed"]
    answer = succeeded(ours.send("PUT", "/bolt/limits", {}))
    assert (answer["own_limits"]["tokens"], answer["usage"]["usage_percent"]) == (None, 8.0)


def test_provider_cost_is_limited_in_dollars_and_the_list_knows_it(
    functions: Functions, ours: Platform
) -> None:
    made = ours.create(id="bolt", plan="starter", limits={"provider_cost_usd": "99.5"})
    assert made["own_limits"]["provider_cost_usd"] == made["limits"]["provider_cost_usd"] == "99.50"
    key = functions.create_key(tenant_id="bolt")
    functions.record(key, {**CALL, "cost_usd_estimate": "8.50"})
    functions.tick(["bolt"])
    answer = succeeded(ours.send("PUT", "/bolt/limits", {"provider_cost_usd": "10"}))
    assert (answer["usage"]["usage_percent"], ours.ids("?over_80=true")) == (85.0, ["bolt"])
    assert functions.check(key, cost_usd="1.51")["code"] == "cost_limit_exceeded"
    answer = succeeded(ours.send("PUT", "/bolt/limits", {"provider_cost_usd": "unlimited"}))
    assert (answer["own_limits"]["provider_cost_usd"], answer["limits"]["provider_cost_usd"]) == (
        "unlimited",
        None,
    )
    assert (answer["usage"]["usage_percent"], ours.ids("?over_80=true")) == (8.0, [])
    answer = succeeded(ours.send("PUT", "/bolt/limits", {}))
    assert answer["own_limits"]["provider_cost_usd"] is None


BAD_LIMITS: list[Json] = [
    {"tokens": -1},
    {"tokens": "5"},
    {"hard_percent": 0},
    {"dollars": 1},
    {"provider_cost_usd": 5},
    {"provider_cost_usd": "-1"},
    {"provider_cost_usd": "9007199.254740993"},
    {"provider_cost_usd": "0.0000000001"},
]


@pytest.mark.parametrize("limits", BAD_LIMITS)
def test_bad_limits_are_refused(ours: Platform, limits: Json) -> None:
    ours.create(id="bolt")
    document = refused(ours.send("PUT", "/bolt/limits", limits), 422)
    assert document["errors"][0]["field"] == next(iter(limits))


def test_a_limit_in_dollars_counts_towards_the_percentage(functions: Functions, ours: Platform) -> None:
    ours.create(id="bolt", plan="starter", limits={"provider_cost_usd": "0.05"})
    functions.record(functions.create_key(tenant_id="bolt"), CALL)
    functions.tick(["bolt"])
    shown = ours.show("bolt")
    assert (shown["own_limits"]["provider_cost_usd"], shown["limits"]["provider_cost_usd"]) == (
        "0.05",
        "0.05",
    )
    assert shown["usage"]["cost_usd"] == "0.028", "30,000 × $0.40 and 10,000 × $1.60 a million"
    assert shown["usage"]["usage_percent"] == 56, "0.028 of 0.05"


def test_a_grant_is_given_listed_and_taken_back(ours: Platform) -> None:
    ours.create(id="bolt")
    given = succeeded(ours.send("POST", "/bolt/grants", {"tokens": 5_000, "reason": "outage"}), 201)
    assert succeeded(ours.send("GET", "/bolt/grants"))["grants"] == [given]
    assert ours.show("bolt")["limits"]["tokens"] == 55_000
    refused(ours.send("DELETE", f"/bolt/grants/{given['id']}"), 422)
    assert ours.send("DELETE", f"/bolt/grants/{given['id']}?reason=enough").status_code == 204
    assert succeeded(ours.send("GET", "/bolt/grants"))["grants"] == []
    refused(ours.send("DELETE", f"/bolt/grants/{given['id']}?reason=enough"), 404)
    assert [(action, reason) for _, action, reason in ours.trail("bolt")[:2]] == [
        ("grant.revoked", "enough"),
        ("grant.given", "outage"),
    ]


@pytest.mark.parametrize(
    "grant",
    [
        {"tokens": 5},
        {"tokens": 5, "reason": " "},
        {"tokens": 5, "runs": 5, "reason": "x"},
        {"tokens": 0, "reason": "x"},
        {"plan": "gold", "reason": "x"},
        {"tokens": 5, "reason": "x", "until": "2020-01-01T00:00:00Z"},
        {"tokens": 5, "reason": "x", "until": "2027-01-01T00:00:00"},
    ],
    ids=str,
)
def test_a_bad_grant_is_refused(ours: Platform, grant: Json) -> None:
    ours.create(id="bolt")
    refused(ours.send("POST", "/bolt/grants", grant), 422)
    assert succeeded(ours.send("GET", "/bolt/grants"))["grants"] == []


# Suspending and ending


def test_a_suspended_tenant_records_nothing_and_the_platform_still_reads_it(
    functions: Functions, clock: Clock, ours: Platform
) -> None:
    ours.create(id="bolt")
    key = functions.create_key(tenant_id="bolt")
    functions.record(key, CALL)
    for _ in range(2):
        assert succeeded(ours.send("POST", "/bolt/suspend", WHY))["status"] == "suspended"
    clock.pass_by(timedelta(minutes=1))
    refused(functions.post_events(key, [CALL]), 403, "tenant_suspended")
    refused(functions.get(key, "/tenants/bolt/usage"), 403, "tenant_suspended")
    assert functions.usage(ours.key, "bolt")["total_llm_calls"] == 1
    headers = {**bearer(ours.key), "GWI-Tenant": "bolt"}
    document = refused(functions.record_usage.post("/v1/events", json=[CALL], headers=headers), 422)
    assert document["errors"][0]["code"] == "tenant_suspended"
    assert ours.ids("?status=suspended") == ["bolt"]
    assert succeeded(ours.send("POST", "/bolt/resume", WHY))["suspended_at"] is None
    succeeded(functions.another().post_events(key, [CALL]))
    assert [action for _, action, _ in ours.trail("bolt")[:2]] == ["tenant.resumed", "tenant.suspended"]


def test_an_ended_tenant_records_nothing_and_its_members_still_read(
    functions: Functions, clock: Clock, ours: Platform
) -> None:
    ours.create(id="bolt", plan="starter")
    key = functions.create_key(tenant_id="bolt")
    functions.record(key, CALL)
    ended = succeeded(ours.send("POST", "/bolt/end", WHY))
    assert (ended["status"], ended["plan"]) == ("ended", "free")
    assert ours.ids("?status=ended") == ["bolt"]
    clock.pass_by(timedelta(minutes=1))
    refused(functions.post_events(key, [CALL]), 401, "key_not_valid")
    late = functions.create_key(tenant_id="bolt")
    refused(functions.post_events(late, [CALL]), 403, "tenant_ended")
    refused(functions.record_usage.post("/v1/check", json={}, headers=bearer(late)), 403, "tenant_ended")
    owner = functions.sign_in("bea@example.com", "owner", "bolt")
    assert functions.usage(owner, "bolt")["total_llm_calls"] == 1
    trail = ours.trail("bolt")
    assert [action for _, action, _ in trail].count("tenant.ended") == 1
    for action in ("suspend", "resume"):
        refused(ours.send("POST", f"/bolt/{action}", WHY), 409, "tenant_ended")


def test_ending_again_changes_nothing(ours: Platform) -> None:
    ours.create(id="bolt", plan="starter")
    ended = succeeded(ours.send("POST", "/bolt/end", WHY))
    trail = ours.trail("bolt")
    assert succeeded(ours.send("POST", "/bolt/end", WHY)) == ended
    assert ours.trail("bolt") == trail


@pytest.mark.parametrize("action", ["suspend", "resume", "end"])
@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": " "}, {"reason": "x" * 501}])
def test_a_reason_is_needed(ours: Platform, action: str, body: Json) -> None:
    ours.create(id="bolt")
    assert refused(ours.send("POST", f"/bolt/{action}", body), 422)["errors"][0]["field"] == "reason"
    assert ours.show("bolt")["status"] == "active"


# People and keys


def test_the_platform_acts_with_an_owners_authority_over_members(
    functions: Functions, ours: Platform
) -> None:
    ours.create(id="bolt")
    functions.sign_in("bea@example.com", "owner", "bolt")
    functions.sign_in("al@example.com", "member", "bolt")
    members = "/bolt/members"
    invited = succeeded(ours.send("PUT", members, {"email": "cy@example.com", "role": "owner"}))
    assert (invited["role"], invited["mailed"], invited["invited_by"]) == ("owner", True, "")
    assert succeeded(ours.send("PUT", f"{members}/{user_id_of('al@example.com')}", {"role": "owner"}))
    assert succeeded(ours.send("DELETE", f"{members}/{user_id_of('bea@example.com')}")) == {"api_keys": []}
    refused(ours.send("DELETE", f"{members}/{user_id_of('al@example.com')}"), 409, "last_owner")
    refused(
        ours.send("PUT", f"{members}/{user_id_of('al@example.com')}", {"role": "member"}), 409, "last_owner"
    )
    assert ours.send("DELETE", f"/bolt/invites/{invited['id']}").status_code == 204
    done = ("invitation.withdrawn", "member.removed", "member.changed", "member.invited")
    trail = [(action, actor[:9]) for actor, action, _ in ours.trail("bolt") if action in done]
    assert sorted(trail) == [(action, "platform:") for action in sorted(done)]


def test_a_tenants_own_key_has_no_authority_over_members(functions: Functions, ours: Platform) -> None:
    ours.create(id="bolt")
    key = functions.create_key(tenant_id="bolt")
    refused(
        functions.send("PUT", key, "/tenants/bolt/members", {"email": "a@b.example", "role": "member"}), 403
    )
    refused(functions.get(key, "/tenants"), 403, "missing_scope")
    refused(functions.get(key, "/tenants/bolt"), 403, "missing_scope")


def test_the_platform_makes_the_keys_of_its_tenants(functions: Functions, ours: Platform) -> None:
    ours.create(id="bolt")
    made = succeeded(
        ours.send("POST", "/bolt/api-keys", {"label": "agents", "scopes": ["usage:write", "usage:read"]}), 201
    )
    functions.record(made["secret"], CALL)
    assert functions.usage(made["secret"], "bolt")["total_llm_calls"] == 1


def test_a_tenant_that_does_not_exist_is_unknown_on_every_route(ours: Platform) -> None:
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("PUT", "/limits"),
        ("GET", "/grants"),
        ("POST", "/suspend"),
        ("POST", "/end"),
    ):
        refused(ours.send(method, f"/nobody{path}", None if method == "GET" else {}), 404, "unknown_tenant")


# The list


def test_the_list_shows_usage_as_of_the_last_fold_and_says_when_that_was(
    functions: Functions, clock: Clock, ours: Platform
) -> None:
    ours.create(id="bolt", plan="starter")
    key = functions.create_key(tenant_id="bolt")
    functions.record(key, CALL)
    folded_at = clock.now
    functions.tick(["bolt"])
    clock.pass_by(timedelta(minutes=10))
    functions.record(key, {**CALL, "id": "e2"})
    (row,) = succeeded(ours.send("GET", "?sort=usage"))["tenants"]
    assert row["usage"]["tokens"] == 40_000, "the second call comes with the next fold"
    assert row["usage"]["folded_at"] == folded_at.isoformat().replace("+00:00", "Z")
    assert row["usage"]["usage_percent"] == 40_000 * 100 / 500_000
    clock.pass_by(timedelta(minutes=15))
    functions.tick()
    (row,) = succeeded(ours.send("GET", ""))["tenants"]
    assert (row["usage"]["tokens"], row["usage"]["last_event_at"]) == (80_000, "2026-11-20T12:00:00Z")


def test_an_ended_period_shows_no_usage_and_the_daily_job_sorts_it_so(
    functions: Functions, clock: Clock, ours: Platform
) -> None:
    ours.create(id="bolt", plan="starter")
    ours.create(id="ace", plan="starter")
    functions.record(functions.create_key(tenant_id="bolt"), CALL)
    functions.tick(["bolt"])
    assert ours.ids("?sort=usage") == ["bolt", "ace"]
    clock.pass_by(timedelta(days=12))
    assert [each["usage"]["tokens"] for each in succeeded(ours.send("GET", ""))["tenants"]] == [0, 0]
    functions.tell({"job": "reconcile"})
    (usage,) = [row.usage for row in process_memory()._rows.values() if row.id == "bolt"]
    assert usage is not None
    assert (usage.tokens, usage.percent_hundredths, usage.period_end.month) == (0, 0, 1)
    assert usage.last_event_at is not None, "it is remembered"


def test_the_daily_job_makes_the_rows_of_tenants_older_than_the_list(
    functions: Functions, ours: Platform
) -> None:
    ours.create(id="bolt", plan="starter")
    functions.record(functions.create_key(tenant_id="bolt"), CALL)
    process_memory()._rows.clear()
    assert ours.ids() == []
    shown = ours.show("bolt")["usage"]
    functions.tell({"job": "reconcile"})
    (row,) = succeeded(ours.send("GET", ""))["tenants"]
    assert (row["id"], row["usage"]["tokens"]) == ("bolt", 40_000)
    assert row["usage"] == shown


def test_pages_go_on_by_cursor_and_a_cursor_of_other_filters_is_refused(ours: Platform) -> None:
    for name in ("ace", "acme", "bolt"):
        ours.create(id=name)
    first = succeeded(ours.send("GET", "?limit=2&sort=name"))
    assert [each["id"] for each in first["tenants"]] == ["ace", "acme"]
    cursor = first["next_cursor"]
    rest = succeeded(ours.send("GET", f"?limit=2&sort=name&cursor={cursor}"))
    assert ([each["id"] for each in rest["tenants"]], rest["next_cursor"]) == (["bolt"], None)
    for other in ("", "sort=usage&", "sort=name&plan=free&", "sort=name&q=a&"):
        refused(ours.send("GET", f"?{other}cursor={cursor}"), 400, "invalid_cursor")
    refused(ours.send("GET", "?cursor=x"), 400, "invalid_cursor")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=age", "sort"),
        ("status=gone", "status"),
        ("over_80=maybe", "over_80"),
        ("q=", "q"),
        ("q=a&sort=usage", "body"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("colour=red", "colour"),
    ],
)
def test_a_bad_filter_is_refused(ours: Platform, query: str, field: str) -> None:
    assert refused(ours.send("GET", f"?{query}"), 422)["errors"][0]["field"] == field
