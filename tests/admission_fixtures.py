"""Holds, admissions and ends, and the changes that store them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.domain.ledger.budget_counts import EVERY_VALUE, BudgetSlot
from shared.domain.ledger.documents import RunSums, Wanted
from shared.domain.ledger.holds import (
    Amounts,
    Hold,
    Holds,
    RunAdmission,
    RunEnd,
    RunKey,
    RunSpender,
    run_key,
)
from shared.ports import AdmissionChange, RunChange, UsageStore
from tests.sample_events import NOON, ONE_SHARD

HOUR = timedelta(hours=1)
ONE, TWO, ROOT = run_key("one"), run_key("two"), run_key("root")
OF_ANN, OF_FLOW = BudgetSlot("cap@1", "ann"), BudgetSlot("flow@2")
HOLD = Hold(
    amounts=Amounts(5_000_000_000, 20_000),
    own=Amounts(1, 2),
    expires_at=NOON + HOUR + timedelta(microseconds=1),
    drawn=Amounts(3, 4),
    budgets=frozenset({OF_ANN, OF_FLOW}),
)
SMALL = Hold(amounts=Amounts(7, 0), expires_at=NOON + HOUR)
ADMISSION = RunAdmission(
    request="f" * 32,
    holds_cost=True,
    holds_tokens=False,
    amounts=HOLD.amounts,
    own=HOLD.own,
    admitted_at=NOON,
    expires_at=HOLD.expires_at,
    spender=RunSpender("ann", "triage", "k" * 64, (("team", "search"), ("b", "é"))),
    parent_run_id="root",
    root=ROOT,
    has_children=True,
)
PLAIN = RunAdmission(
    request="0",
    holds_cost=False,
    holds_tokens=True,
    amounts=SMALL.amounts,
    admitted_at=NOON,
    expires_at=SMALL.expires_at,
)
END = RunEnd(status="failed", error="timeout", ended_at=NOON + HOUR, drawn=Amounts(8, 9), below=Amounts(1, 0))


def changing(holds: Mapping[RunKey, Hold | None], **parts: Any) -> AdmissionChange:
    """Return a change at NOON of these holds, and what else is named."""
    return AdmissionChange(**{"now": NOON, "settings": ONE_SHARD, "holds": holds, **parts})


def beginning(run_id: str, admission: RunAdmission = PLAIN) -> RunChange:
    return RunChange(key=run_key(run_id), admission=admission, begins=run_id)


def holds_of(store: UsageStore, tenant_id: str = "acme") -> Holds:
    return store.read(tenant_id, Wanted(holds=True)).documents.holds


def sums_of(store: UsageStore, run_id: str) -> RunSums | None:
    wanted = Wanted(runs=frozenset({run_key(run_id)}), budgets=frozenset({BudgetSlot("cap@1", EVERY_VALUE)}))
    return store.read("acme", wanted).documents.runs.get(run_key(run_id))
