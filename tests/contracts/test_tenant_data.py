"""All data of a tenant: it is exported whole, a user is erased from it, and it is deleted beside another tenant's."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.firestore.people.tenant_data import COLLECTIONS
from shared.domain.errors import Conflict, NotFound
from shared.domain.ledger.attribution import AttributionRef
from shared.domain.ledger.budget_counts import EVERY_VALUE, BudgetSlot, Counted
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.documents import Documents, Wanted
from shared.domain.ledger.holds import Holds, Tree, run_key
from shared.domain.limits.budgets import BudgetScope
from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.recording import RecordedEvent, prepare
from shared.domain.metering.run_lists import RunsWanted
from shared.domain.notices.entries import NOTHING_OUTGOING
from shared.domain.people.audit import Change
from shared.ports import EventsWanted, Outcome, StaleHolds
from shared.usecases.ledger.verify_counters import verify_counters
from shared.usecases.people.tenant_data import (
    DELETABLE_AFTER,
    ExportedStores,
    deletable_tenant,
    delete_tenant,
    erase_name,
    erase_user,
    export_tenant,
)
from tests.admission_fixtures import ADMISSION, END, HOLD, ONE, ROOT, TWO, beginning, changing
from tests.contracts.conftest import RETENTION, Stores
from tests.contracts.test_budgets import CAP
from tests.contracts.test_corrections import changing as changing_state
from tests.contracts.test_directory import KEY
from tests.contracts.test_members import ADA, INVITATION
from tests.contracts.test_outbox import AUDIT, ENDPOINT
from tests.rules.table import PATHS
from tests.sample_events import NOON, ONE_SHARD, TODAY
from tests.usecases.plain_sums import new_tenant, stored_tenant, tick

CHANGE = Change("admin:ada", NOON)
LATER = NOON + DELETABLE_AFTER


def event(event_id: str, user_id: str) -> RecordedEvent:
    """An event of a user's run, whose metadata has the user's name."""
    sent: dict[str, object] = {
        "category": "llm",
        "provider": "openai",
        "model": "gpt-4.1-mini",
        "ts": NOON.isoformat(),
    }
    sent |= {"id": event_id, "user_id": user_id, "run_id": "run-1", "metadata": {"name": user_id.title()}}
    counts = {"input_tokens": 100, "output_tokens": 20}
    return prepare(MeteringEvent.model_validate({**sent, "tokens": counts}), "acme", NOON)


ANNS = [event(f"a{number}", "ann") for number in range(3)]
BOBS = [event("b", "bob")]


@pytest.fixture
def filled(stores: Stores) -> Stores:
    """Two tenants with a member, an invitation, a key, an endpoint, events, runs and folded days."""
    for tenant_id in ("acme", "bolt"):
        new_tenant(stores.directory, tenant_id)
        settings = stored_tenant(stores.usage, tenant_id).counters
        stores.usage.record(tenant_id, [*ANNS, *BOBS], settings, NOON)
        audit = replace(AUDIT, tenant_id=tenant_id)
        stores.members.add_member(tenant_id, ADA, audit)
        stores.endpoints.add_endpoint(replace(ENDPOINT, tenant_id=tenant_id), audit)
        key = replace(KEY, id=f"key-of-{tenant_id}", tenant_id=tenant_id)
        stores.directory.save_keys([key], audit)
    stores.directory.set_ended_at("acme", NOON, AUDIT)
    tick(stores.usage, NOON + timedelta(hours=1))
    return stores


def events(stores: Stores, tenant_id: str = "acme") -> list[Any]:
    page = stores.usage.list_events(tenant_id, EventsWanted(with_metadata=True), limit=50)
    return sorted(page.items, key=lambda event: event.id)


def test_a_user_is_erased_and_everything_that_counts_stays(filled: Stores) -> None:
    before = {event.id: event for event in events(filled)}
    assert list(erase_user(filled.tenant_data, "acme", "ann"))[-1] == (3, None)
    for each in events(filled):
        was = before[each.id]
        erased = {"user_id": None, "metadata_json": None} if was.user_id == "ann" else {}
        assert each == was._replace(**erased)
    assert [event.user_id for event in events(filled, "bolt")] == ["ann", "ann", "ann", "bob"]
    assert verify_counters(filled.usage, "acme", RETENTION, NOON).drifts == []


def test_an_erased_event_that_is_sent_again_is_a_duplicate(filled: Stores) -> None:
    list(erase_user(filled.tenant_data, "acme", "ann"))
    settings = stored_tenant(filled.usage).counters
    assert filled.usage.record("acme", ANNS, settings, NOON) == 3 * [Outcome.DUPLICATE]


def test_an_erased_user_is_not_named_by_runs(filled: Stores) -> None:
    of_ann, own = RunsWanted(user_id="ann"), event("own", "ann")._replace(run_id="run-2")
    for tenant_id in ("acme", "bolt"):
        filled.usage.record(tenant_id, [own], ONE_SHARD, NOON)
    (run,) = filled.usage.list_runs("acme", of_ann, limit=5).items
    assert filled.tenant_data.erase_name("acme", "ann") > 0
    assert filled.tenant_data.erase_name("acme", "ann") == 0
    assert filled.usage.list_runs("acme", of_ann, limit=5).items == []
    erased = filled.usage.find_run("acme", run.id)
    assert erased is not None
    assert (erased.user_id, erased.totals) == (None, run.totals)
    assert filled.usage.list_runs("bolt", of_ann, limit=5).items == [run]
    assert filled.usage.list_runs("acme", RunsWanted(user_id="bob"), limit=5).items != []


def test_an_erased_user_is_part_of_the_rest_in_reports_by_name(filled: Stores) -> None:
    ref = AttributionRef(NOON.date(), 0)
    wanted = Wanted(attribution=(ref,), dimensions=frozenset({"user"}))
    assert filled.tenant_data.erase_name("acme", "ann") > 0
    assert filled.tenant_data.erase_name("acme", "ann") == 0
    users = {
        each: filled.usage.read(each, wanted).documents.attribution[ref]["user"] for each in ("acme", "bolt")
    }
    assert {*users["acme"]} == {"bob"}
    assert {*users["bolt"]} == {"ann", "bob"}


def test_an_erased_user_leaves_the_budgets_of_each_user_and_of_nothing_else(stores: Stores) -> None:
    new_tenant(stores.directory)
    flow = replace(CAP, id="flow", scope=BudgetScope("workflow", EVERY_VALUE))
    stores.directory.set_budgets("acme", [flow], AUDIT)
    of_user, of_flow, of_run = (BudgetSlot(key, "ann") for key in ("user@1", flow.key, "run@1"))
    counted = (
        Counted(of_user, "tokens"),
        Counted(of_flow, "tokens"),
        Counted(of_run, "tokens", is_by_run=True),
    )
    stores.usage.record("acme", [event("e", "ann")._replace(budgets=counted)], ONE_SHARD, NOON)
    tick(stores.usage, NOON + timedelta(hours=1))
    assert erase_name(stores.tenant_data, stored_tenant(stores.usage), "ann") >= 3
    slots = frozenset({of_user, of_flow, of_run})
    wanted = Wanted(
        shards=(ShardRef(TODAY, 0),), days=(TODAY,), budgets=slots, runs=frozenset({run_key("run-1")})
    )
    found = stores.usage.read("acme", wanted).documents
    assert {*found.shards[ShardRef(TODAY, 0)].budgets} == {*found.days[TODAY].budgets} == {of_flow}
    assert found.runs[run_key("run-1")].budgets == {}


def test_an_erased_user_leaves_the_holds_of_open_runs(stores: Stores) -> None:
    new_tenant(stores.directory)
    flow = replace(CAP, id="flow", scope=BudgetScope("workflow", EVERY_VALUE))
    stores.directory.set_budgets("acme", [flow], AUDIT)
    of_flow, of_bob = BudgetSlot(flow.key, "ann"), BudgetSlot("user@1", "bob")
    anns = replace(HOLD, budgets=frozenset({BudgetSlot("user@1", "ann"), of_flow}))
    bobs = replace(HOLD, budgets=frozenset({of_bob}))
    change = changing({ROOT: anns, ONE: bobs}, trees={ROOT: {ROOT: anns, TWO: bobs}})
    version = stores.admissions.save_admission("acme", change, Holds()).version
    assert erase_name(stores.tenant_data, stored_tenant(stores.usage), "ann") == 2
    assert erase_name(stores.tenant_data, stored_tenant(stores.usage), "ann") == 0
    found = stores.usage.read("acme", Wanted(holds=True, trees=frozenset({ROOT}))).documents
    erased = replace(HOLD, budgets=frozenset({of_flow}))
    assert found.holds.by_run == {ROOT: erased, ONE: bobs}
    assert found.trees == {ROOT: Tree({ROOT: erased, TWO: bobs})}
    with pytest.raises(StaleHolds):
        stores.admissions.save_admission("acme", changing({}), Holds(version=version))


def test_an_erased_user_leaves_admissions(stores: Stores) -> None:
    new_tenant(stores.directory)
    runs = [beginning("one", ADMISSION), beginning("two", ADMISSION)]
    stores.admissions.save_admission("acme", changing({}, runs=runs), Holds())
    stores.usage.record("acme", [event("e", "bob")._replace(run_id="two")], ONE_SHARD, NOON)
    assert erase_name(stores.tenant_data, stored_tenant(stores.usage), "ann") == 2
    assert erase_name(stores.tenant_data, stored_tenant(stores.usage), "ann") == 0
    found = {run.id: run for run in stores.usage.list_runs("acme", limit=9).items}
    erased = replace(ADMISSION, spender=ADMISSION.spender._replace(user_id=None))
    assert [run.admission for run in found.values()] == [erased, erased]
    assert (found["one"].user_id, found["two"].user_id) == (None, "bob")


def test_a_deleted_tenant_holds_nothing(filled: Stores) -> None:
    change = changing({ROOT: HOLD}, runs=[beginning("one")], trees={ROOT: {ROOT: HOLD}}, is_first=True)
    filled.admissions.save_admission("acme", change, Holds())
    filled.admissions.save_admission("bolt", change, Holds())
    list(delete_tenant(filled.tenant_data, deletable_tenant(filled.directory, "acme", LATER), CHANGE))
    wanted = Wanted(holds=True, trees=frozenset({ROOT}), runs=frozenset({ONE}))
    assert filled.usage.read("acme", wanted).documents == Documents()
    assert len(filled.usage.read("bolt", wanted).documents.trees) == 1


def test_an_export_has_admissions_and_ends_of_runs(filled: Stores) -> None:
    runs = [replace(beginning("one", ADMISSION), end=END)]
    filled.admissions.save_admission("acme", changing({ONE: HOLD}, runs=runs), Holds())
    lines = {line["id"]: line for line in exported(filled) if line["object"] == "run"}
    assert lines["one"]["admission"]["amounts"] == {"cost": 5_000_000_000, "tokens": 20_000}
    assert lines["one"]["admission"]["spender"] == {
        "user_id": "ann",
        "workflow_id": "triage",
        "key": "k" * 64,
        "tags": [["team", "search"], ["b", "é"]],
    }
    assert lines["one"]["end"]["status"] == "failed"
    assert lines["run-1"]["admission"] is None


def test_an_export_has_corrections_and_a_deleted_tenant_has_none(filled: Stores) -> None:
    for tenant_id in ("acme", "bolt"):
        change = changing_state(ANNS[0], "voided")
        filled.usage.save_corrections(stored_tenant(filled.usage, tenant_id), change, NOON)
    lines = {line["id"]: line for line in exported(filled) if line["object"] == "event"}
    assert lines["a0"]["correction"]["state"] == "voided"
    assert lines["a0"]["amounts"] == ANNS[0].amounts
    assert lines["a1"]["correction"] is None
    list(delete_tenant(filled.tenant_data, deletable_tenant(filled.directory, "acme", LATER), CHANGE))
    assert filled.usage.find_correction("acme", "a0") is None
    assert filled.usage.find_correction("bolt", "a0") is not None


def test_erasing_goes_on_at_any_place_and_again_from_the_start(filled: Stores) -> None:
    assert filled.tenant_data.erase_user("acme", "ann", "events/~").rewritten == 0
    assert filled.tenant_data.erase_user("acme", "ann", "batches/~") == (0, None)
    assert list(erase_user(filled.tenant_data, "acme", "ann"))[-1][0] == 3
    assert list(erase_user(filled.tenant_data, "acme", "ann"))[-1][0] == 0
    filled.tenant_data.add_audit(replace(AUDIT, action="user.erased"))
    assert "user.erased" in [each.action for each in filled.directory.list_audit("acme", limit=9).items]


def test_many_events_are_read_in_pages(stores: Stores) -> None:
    new_tenant(stores.directory)
    settings = stored_tenant(stores.usage).counters
    many = [event(str(n), "ann" if n % 2 else "bob") for n in range(1_200)]
    for start in range(0, len(many), 400):
        stores.usage.record("acme", many[start : start + 400], settings, NOON)
    steps = list(erase_user(stores.tenant_data, "acme", "ann"))
    assert len(steps) > 1
    assert steps[-1] == (600, None)


def exported(stores: Stores, tenant_id: str = "acme") -> list[dict[str, Any]]:
    reading = ExportedStores(stores.directory, stores.members, stores.usage, stores.billing, stores.endpoints)
    return list(export_tenant(reading, tenant_id, NOON + timedelta(hours=2)))


def test_an_export_has_a_line_for_everything_and_no_secret(filled: Stores) -> None:
    lines = exported(filled)
    kinds = [line["object"] for line in lines]
    counts = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    assert counts == {
        "tenant": 1,
        "member": 1,
        "api_key": 2,
        "endpoint": 1,
        "audit": counts["audit"],
        "usage": counts["usage"],
        "run": 1,
        "event": 4,
        "end": 1,
    }
    assert min(counts["audit"], counts["usage"]) > 0
    assert lines[-1]["lines"] == len(lines) - 1
    assert [line["user_id"] for line in lines if line["object"] == "event"].count("ann") == 3
    tokens = sum(line["total_tokens"] for line in lines if line["object"] == "usage")
    assert tokens == sum(event.amounts["total_tokens"] for event in (*ANNS, *BOBS))
    assert ENDPOINT.secret not in str(lines)
    (run,) = (line for line in lines if line["object"] == "run")
    assert run["user_id"] == "bob"
    assert not any(name.startswith("_") for name in run)


def test_a_tenant_is_deleted_a_while_after_its_end_and_only_that_tenant(
    filled: Stores,
) -> None:
    others = exported(filled, "bolt")
    filled.members.save_invitation("acme", INVITATION, NOTHING_OUTGOING, AUDIT)
    tenant = deletable_tenant(filled.directory, "acme", LATER)
    assert list(delete_tenant(filled.tenant_data, tenant, CHANGE))[-1] > 8
    with pytest.raises(NotFound):
        exported(filled)
    assert filled.members.list_memberships(ADA.user_id)[0].tenant.id == "bolt"
    assert filled.members.list_received_invitations(INVITATION.email) == []
    assert filled.directory.find_key("key-of-acme") is None
    assert list(filled.billing.list_tenants()) == ["bolt"]
    assert [] == events(filled) == filled.directory.list_audit("acme", limit=9).items
    assert exported(filled, "bolt") == others
    (entry,) = filled.directory.list_audit(None, limit=9).items
    assert (entry.action, entry.before, entry.actor) == ("tenant.deleted", "acme", "admin:ada")


def test_a_deletion_that_was_cut_short_is_finished_by_the_next(filled: Stores) -> None:
    tenant = deletable_tenant(filled.directory, "acme", LATER)
    assert next(delete_tenant(filled.tenant_data, tenant, CHANGE)) > 0
    again = deletable_tenant(filled.directory, "acme", LATER)
    list(delete_tenant(filled.tenant_data, again, CHANGE))
    filled.tenant_data.delete_tenant("acme", CHANGE.entry(None, "tenant.deleted", "acme", None))
    assert filled.directory.find_tenant("acme") is None
    assert len(filled.directory.list_audit(None, limit=9).items) == 1


def test_a_tenant_that_has_not_ended_or_only_lately_is_not_deleted(filled: Stores) -> None:
    with pytest.raises(Conflict, match="has not ended"):
        deletable_tenant(filled.directory, "bolt", LATER)
    with pytest.raises(Conflict, match="wait until"):
        deletable_tenant(filled.directory, "acme", LATER - timedelta(seconds=1))


def test_a_deletion_reaches_every_collection_of_a_tenant() -> None:
    named = {path.split("/")[2] for path in PATHS if path.startswith("tenants/acme/")}
    assert named - {"usage", "holds", "unheard_of"} <= {*COLLECTIONS}
