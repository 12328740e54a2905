"""Checks of recording, of the fold, of limits and of what one key may reach."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from uuid import uuid4

from tools.gate.check import Check, eventually, expect
from tools.gate.target import Target, TestTenant, call

TICK_SECONDS = 120


def _any_provider(target: Target) -> str:
    tenant, name = TestTenant.create(target), f"provider-{uuid4().hex[:8]}"
    answer = tenant.record(call(70, provider=name, model="model of tomorrow"))
    expect(answer.get("accepted") == 1, answer)
    (event,) = tenant.read("events")["events"]
    expect((event["provider"], event["model"]) == (name, "model of tomorrow"), event)
    row = tenant.read()["aggregate"]["by_provider"]
    expect(row.get(name, {}).get("tokens") == 70, row)
    expect(row[name]["unpriced_calls"] == 1, f"its unknown price is not counted: {row}")
    return f"{name}: 70 tokens, 1 call without a price"


def _recording(target: Target) -> str:
    tenant = TestTenant.create(target)
    good, bad = call(1_000, run_id="run"), {**call(), "tokens": {"input_tokens": -1}}
    answer = tenant.record(good, bad)
    expect((answer.get("accepted"), len(answer.get("rejected", []))) == (1, 1), answer)
    usage = tenant.read()["aggregate"]
    sums = (usage["total_tokens"]["total"], usage["total_llm_calls"], usage["total_runs"])
    expect(sums == (1_000, 1, 1), f"tokens, calls, runs: {sums}")
    expect(float(usage["total_cost_usd"]) > 0, f"cost {usage['total_cost_usd']}")
    return f"1 accepted, 1 rejected; 1000 tokens, 1 run, ${usage['total_cost_usd']}"


def _deduplication(target: Target) -> str:
    tenant = TestTenant.create(target)
    events = [call(id="a"), call(id="b"), call(id="a")]
    answers = [tenant.record(*events) for _ in range(2)]
    counts = [(each.get("accepted"), each.get("duplicates")) for each in answers]
    expect(counts == [(2, 1), (0, 3)], f"accepted and duplicates: {counts}")
    other = tenant.record(call(999, id="a"))
    codes = [each["code"] for each in other.get("errors", other.get("rejected", []))]
    expect(codes == ["id_conflict"], other)
    expect(tenant.tokens == 200, f"{tenant.tokens} tokens")
    return "6 sendings of 2 events: 200 tokens; another event under a used id: id_conflict"


def _sealed_batch(target: Target) -> str:
    tenant, batch = TestTenant.create(target), f"gwi1.{token_urlsafe(12)}.0"
    events = [call(id=f"{batch}.{number}", run_id="run") for number in range(3)]
    answers = [tenant.record(*events) for _ in range(2)]
    counts = [(each.get("accepted"), each.get("duplicates")) for each in answers]
    expect(counts == [(3, 0), (0, 3)], f"accepted and duplicates: {counts}")
    other = tenant.record(call(999, id=f"{batch}.0"))
    codes = [each["code"] for each in other.get("errors", [])]
    expect(codes == ["id_conflict"], other)
    listed = [event["id"] for event in tenant.read("events")["events"]]
    expect(sorted(listed) == [event["id"] for event in events], f"listed: {listed}")
    expect(tenant.tokens == 300, f"{tenant.tokens} tokens")
    return "2 sendings of a batch of 3 events: 300 tokens, each listed once; another batch under its id: id_conflict"


def _fold(target: Target) -> str:
    tenant, now = TestTenant.create(target), datetime.now(UTC)
    started = datetime.now(UTC)
    tenant.record(call(30), call(500, ts=(now - timedelta(days=2)).isoformat()))

    def folded() -> int:
        return int(target.api("GET", f"tenants/{tenant.id}")["usage"]["tokens"])

    live = tenant.tokens
    eventually(folded, lambda seen: seen == live, TICK_SECONDS)
    seconds = (datetime.now(UTC) - started).total_seconds()
    reach = f"usage?from={(now - timedelta(days=3)):%Y-%m-%d}&to={(now + timedelta(days=1)):%Y-%m-%d}"
    total = eventually(
        lambda: tenant.read(reach)["aggregate"]["total_tokens"]["total"], lambda seen: seen == 530, 10
    )
    return f"folded after {seconds:.1f} s; {total} tokens before and after"


def _limits(target: Target) -> str:
    tenant = TestTenant.create(target, tokens=1_000)
    expect(tenant.check(tokens=1)["allowed"] is True, "a tenant without usage is denied")
    tenant.record(call(850))
    soft = tenant.check(tokens=1)
    expect((soft["allowed"], soft["status"]["soft_limit_reached"]) == (True, True), f"at 85 %: {soft}")
    tenant.record(call(150))
    hard = tenant.check(tokens=1)
    expect((hard["allowed"], hard.get("code")) == (False, "token_limit_reached"), f"at 100 %: {hard}")
    return "850 of 1000: warned and allowed; 1000 of 1000: denied, token_limit_reached"


def _run_order(target: Target) -> str:
    tenant, run, now = TestTenant.create(target), "run-1", datetime.now(UTC)
    mark: dict[str, object] = {"category": "other", "provider": "gate", "model": "gate", "run_id": run}
    steps = [{**mark, "status": "started"}, call(10, run_id=run), {**mark, "status": "completed"}]
    timed = [
        {**step, "id": str(place), "ts": (now - timedelta(seconds=30 - place)).isoformat()}
        for place, step in enumerate(steps)
    ]
    answer = tenant.record(*reversed(timed), call(run_id="another"))
    expect(answer.get("accepted") == 4, answer)
    shown = [event["id"] for event in tenant.read(f"events?run_id={run}")["events"]]
    expect(shown == ["2", "1", "0"], f"events of the run, newest first: {shown}")
    status = tenant.read(f"runs/{run}")["status"]
    expect(status == "completed", f"the run is {status}")
    return "3 events sent backwards, listed by time, none of another run; the run is completed"


def _platform_key(target: Target) -> str:
    first, second = TestTenant.create(target), TestTenant.create(target)
    ids = [first.id, second.id, f"nobody-{uuid4().hex[:8]}"]
    answer = target.post("record_usage", "/v1/events", [call(5, tenant_id=each) for each in ids]).content
    codes = [each["code"] for each in answer.get("rejected", [])]
    expect((answer.get("accepted"), codes) == (2, ["unknown_tenant"]), answer)
    key = first.ask("api-keys", {"label": "gate", "scopes": ["usage:read"], "expires_in_days": None})[
        "secret"
    ]
    paths = [f"/api/v1/tenants/{each.id}/usage" for each in (first, second)]
    own, other = (target.get("usage_api", path, key).status for path in paths)
    expect(own == 200, f"a tenant's key reads its own usage: {own}")
    expect(other in (403, 404), f"a tenant's key reads another tenant: {other}")
    nobody = target.get("usage_api", paths[0], "").status
    expect(nobody == 401, f"without a key: {nobody}")
    return f"2 tenants in one request, a third unknown; a tenant's key elsewhere {other}, no key 401"


def _plans(target: Target) -> str:
    shown = {plan["id"]: plan for plan in target.api("GET", "plans")["plans"]}
    paid = next(plan for plan in shown.values() if not plan["is_free"])
    free = next(plan for plan in shown.values() if plan["is_free"])
    tenant = TestTenant.create(target)
    before = tenant.read()["limits"]["tokens"]
    expect(before == free["tokens_per_period"], f"{before} tokens on {free['id']}")
    target.api("PATCH", f"tenants/{tenant.id}", {"plan": paid["id"], "reason": "gate"})
    after = tenant.read()["limits"]["tokens"]
    expect(after == paid["tokens_per_period"], f"{after} tokens on {paid['id']}")
    return f"{', '.join(shown)}; {free['id']} {before}, {paid['id']} {after} tokens"


def _periods(target: Target) -> str:
    tenant, now = TestTenant.create(target), datetime.now(UTC)
    current, previous = (tenant.read(f"usage?period={name}")["aggregate"] for name in ("current", "previous"))
    start, end = (datetime.fromisoformat(current[f"period_{edge}"]) for edge in ("start", "end"))
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (month + timedelta(days=32)).replace(day=1)
    expect((start, end) == (month, following), f"the period is {start} to {end}")
    expect(previous["period_end"] == current["period_start"], f"the one before ends {previous['period_end']}")
    return f"{start:%Y-%m-%d} to {end:%Y-%m-%d} UTC, after the previous one without a gap"


def _log_line(target: Target) -> str:
    trace = uuid4().hex
    headers = {"X-Cloud-Trace-Context": f"{trace}/1;o=1", "GWI-Tenant": TestTenant.create(target).id}
    headers |= {"Authorization": f"Bearer {target.parts['platform_key']}", "Content-Type": "application/json"}

    target.send(f"{target.parts['record_usage']}/v1/check", b"{}", headers)

    log = Path(target.parts["folder"]) / "logs/record_usage.log"
    lines = eventually(lambda: [line for line in log.read_text().splitlines() if trace in line], bool, 5)
    entry = json.loads(lines[0])
    expect({"severity", "message", "status", "milliseconds"} <= {*entry}, entry)
    expect(entry["logging.googleapis.com/trace"].endswith(f"/traces/{trace}"), entry)
    return f"{entry['severity']} {entry['message']}, with its trace"


CHECKS = (
    Check(
        name="any provider",
        action="record a call of a provider that no catalog knows",
        run=_any_provider,
    ),
    Check(
        name="recording", action="record a good and a bad event in one request", run=_recording, smoke=True
    ),
    Check(
        name="deduplication",
        action="send the same events again, and another under a used id",
        run=_deduplication,
        smoke=True,
    ),
    Check(
        name="sealed batch",
        action="send a sealed batch again, and another one under its id",
        run=_sealed_batch,
        smoke=True,
    ),
    Check(
        name="tick and fold",
        action=f"record an event of two days ago, wait for a tick (at most {TICK_SECONDS} s)",
        run=_fold,
        smoke=True,
    ),
    Check(name="limits", action="use 85 %, then 100 % of a token limit, checking", run=_limits, smoke=True),
    Check(name="plans", action="list the plans and move a tenant to another one", run=_plans),
    Check(name="periods", action="read the current and the previous period", run=_periods),
    Check(name="events of a run", action="record a run backwards and list its events", run=_run_order),
    Check(
        name="platform key",
        action="record for two tenants at once; reach for another tenant with a tenant's key",
        run=_platform_key,
        smoke=True,
    ),
    Check(
        name="log line",
        action="send a request with a trace, read the log",
        run=_log_line,
        needs=("folder",),
        smoke=True,
    ),
)
