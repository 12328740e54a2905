"""A scenario of runs with a budget, from their admission to the look of a tick; returns the answers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.holds import Amounts
from shared.ports import RunChange, SettledRun, StaleHolds
from tests.adapters.fault_cells import Stores
from tests.admission_fixtures import ADMISSION, END, HOLD, OF_ANN, ONE, ROOT, TWO, beginning, changing
from tests.contracts.test_refusals import OF_A_RUN, REFUSED
from tests.sample_events import NOON, ONE_SHARD, llm_call
from tests.usecases.plain_sums import current, new_tenant

HOUR = timedelta(hours=1)
ALL_HELD = Wanted(holds=True, trees=frozenset({ONE}), runs=frozenset({ONE, TWO}))


def runs_are_admitted_and_end(stores: Stores) -> Sequence[object]:
    usage, tenant = stores.usage, new_tenant(stores.directory)
    usage.record("acme", [llm_call("e1", run_id="one")], ONE_SHARD, NOON)
    child = replace(HOLD, parent=ONE)
    runs, ended = [beginning("one", ADMISSION), beginning("two")], RunChange(key=ONE, end=END)
    answers = []
    for change in (
        changing({ONE: HOLD, TWO: HOLD}, runs=runs, begun={OF_ANN: frozenset({"two"})}, is_first=True),
        changing({ONE: replace(HOLD, has_children=True)}, trees={ONE: {ONE: HOLD, TWO: child}}),
        changing({ONE: None, TWO: None}, runs=[ended], trees={ONE: None}),
    ):
        found = usage.read("acme", ALL_HELD).documents
        answers += [found.holds.by_run, found.trees, found.runs]
        stores.admissions.save_admission("acme", change, found.holds)
        with pytest.raises(StaleHolds):
            stores.admissions.save_admission("acme", changing({ROOT: HOLD}), found.holds)
    due = stores.admissions.due_runs(NOON + 48 * HOUR, 5)
    stores.admissions.settle_runs([SettledRun(each, Amounts(1, 2), NOON + 72 * HOUR) for each in due])
    for place in (3, 3, 4):
        stores.admissions.save_refusals("acme", [REFUSED, OF_A_RUN], place)
    return [
        *answers,
        usage.read("acme", ALL_HELD).documents.runs,
        current(usage, tenant, NOON),
        [(each.tenant_id, each.run) for each in due],
        [each.run for each in stores.admissions.due_runs(NOON + 96 * HOUR, 5)],
        stores.admissions.read_refusals("acme", NOON.date()),
    ]
