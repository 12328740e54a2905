"""Directory and UsageStore: the budgets of a tenant, and what counts towards them in each kind of document."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.errors import NotFound
from shared.domain.ledger.budget_counts import BudgetSlot, Counted, HourCount, Spent, run_mark
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.documents import RunSums, Wanted
from shared.domain.ledger.holds import run_key
from shared.domain.ledger.periods import month_of
from shared.domain.ledger.rollups import MonthRollup
from shared.domain.limits.budgets import Budget, BudgetScope
from shared.ports import Directory, UsageStore
from tests.contracts.test_directory import ACME, CREATED, KEY
from tests.contracts.test_folding import ROLLUP
from tests.contracts.test_reading import REF, create_tenant
from tests.sample_events import NOON, ONE_SHARD, TODAY, llm_call

CAP = Budget(
    id="cap",
    scope=BudgetScope("tag", "é `.|*", "feature"),
    unit="cost",
    amount=2**53 - 1,
    window="week",
    on_reach="warn",
    on_unknown_price="ignore",
    thresholds=(50, 1_000),
    counts_from=NOON + timedelta(microseconds=1),
)
SMALL = replace(CAP, id="a", scope=BudgetScope("tenant"), unit="runs", window="run", thresholds=())
COST, TOKENS, RUNS = BudgetSlot("cost@1", "a.b`|%"), BudgetSlot("tokens@2"), BudgetSlot("runs@3", "__x__")
OF_RUN = BudgetSlot("run@4", "ann")
COUNTED = (
    Counted(COST, "cost"),
    Counted(TOKENS, "tokens"),
    Counted(RUNS, "runs"),
    Counted(OF_RUN, "tokens", is_by_run=True),
)
EVERY = frozenset({COST, TOKENS, RUNS, OF_RUN})


def test_a_tenant_keeps_its_budgets_and_its_policy(directory: Directory, store: UsageStore) -> None:
    directory.create_tenant(replace(ACME, budgets=(SMALL,)), KEY, CREATED)
    directory.set_budgets("acme", [SMALL, CAP], CREATED)
    directory.set_on_unreadable("acme", "open", CREATED)
    expected = replace(ACME, budgets=(SMALL, CAP), on_unreadable="open")
    assert directory.find_tenant("acme") == expected
    assert store.read("acme").tenant == expected, "a check reads them with the counters"
    directory.set_budgets("acme", [], CREATED)
    assert directory.find_tenant("acme") == replace(ACME, on_unreadable="open")


def test_budgets_of_an_unknown_tenant_are_not_found(directory: Directory) -> None:
    with pytest.raises(NotFound, match="'acme'"):
        directory.set_budgets("acme", [CAP], CREATED)
    with pytest.raises(NotFound, match="'acme'"):
        directory.set_on_unreadable("acme", "open", CREATED)


def test_an_event_counts_in_its_budgets_in_the_commit_that_stores_it(
    directory: Directory, store: UsageStore
) -> None:
    create_tenant(directory, "acme")
    first = llm_call("e1", run_id="r1")._replace(budgets=COUNTED)
    store.record("acme", [first, llm_call("e2"), first], ONE_SHARD, NOON)
    store.record("acme", [first], ONE_SHARD, NOON)
    wanted = Wanted(shards=(REF,), budgets=EVERY, runs=frozenset({run_key("r1"), run_key("unknown")}))
    found = store.read("acme", wanted).documents
    assert found.shards[REF].budgets == {
        COST: {12: HourCount(72_000)},
        TOKENS: {12: HourCount(100 + 20)},
        RUNS: {12: HourCount(runs={run_mark("r1")})},
    }
    assert found.runs == {run_key("r1"): RunSums(totals=first.amounts, budgets={OF_RUN: Spent(100 + 20)})}


def test_a_run_counts_once_an_hour_and_an_unpriced_call_is_told_apart(
    directory: Directory, store: UsageStore
) -> None:
    create_tenant(directory, "acme")
    unpriced = llm_call("e0")._replace(amounts={"calls": 1, "unpriced_calls": 1}, budgets=COUNTED)
    runs = [llm_call(f"e{each}", run_id=f"r{each % 2}")._replace(budgets=COUNTED) for each in range(1, 5)]
    for event in (unpriced, *runs):
        store.record("acme", [event], ONE_SHARD, NOON)
    counted = store.read("acme", Wanted(shards=(REF,), budgets=EVERY)).documents.shards[REF].budgets
    assert counted[COST] == {12: HourCount(4 * 72_000, 1)}
    assert counted[RUNS] == {12: HourCount(runs={run_mark("r0"), run_mark("r1")})}


@pytest.mark.parametrize("asked", [COST, BudgetSlot(COST.key, "*")])
def test_only_the_budgets_that_are_asked_for_are_read(
    directory: Directory, store: UsageStore, asked: BudgetSlot
) -> None:
    create_tenant(directory, "acme")
    store.record("acme", [llm_call("e1")._replace(budgets=COUNTED)], ONE_SHARD, NOON)
    store.create_month("acme", MonthRollup(month=month_of(TODAY), days={}))
    store.save_day("acme", replace(ROLLUP, budgets={COST: Spent(1, 2), TOKENS: Spent(3), RUNS: Spent(4)}))
    wanted = Wanted(months=(month_of(TODAY),), days=(TODAY,), shards=(REF,))
    nothing = store.read("acme", wanted).documents
    assert (nothing.shards[REF].budgets, nothing.days[TODAY].budgets) == ({}, {})
    found = store.read("acme", replace(wanted, budgets=frozenset({asked}))).documents
    assert found.shards[REF].budgets.keys() == {COST}
    assert found.days[TODAY].budgets == {COST: Spent(1, 2)}
    assert found.months[month_of(TODAY)].days[TODAY].budgets == {COST: Spent(1, 2)}
    every = store.read("acme", replace(wanted, fields=frozenset({"budgets"}))).documents
    assert every.months[month_of(TODAY)].days[TODAY].budgets == {
        COST: Spent(1, 2),
        TOKENS: Spent(3),
        RUNS: Spent(4),
    }


def test_a_new_month_keeps_the_budgets_of_its_days(directory: Directory, store: UsageStore) -> None:
    create_tenant(directory, "acme")
    days = {TODAY: replace(ROLLUP, budgets={COST: Spent(5), RUNS: Spent(6, 7)}).entry}
    month = MonthRollup(month=month_of(TODAY), days=days)
    store.create_month("acme", month)
    wanted = Wanted(months=(month.month,), fields=frozenset({"budgets"}))
    assert store.read("acme", wanted).documents.months[month.month] == month


def test_an_event_of_an_earlier_day_is_noted_on_todays_counter(
    directory: Directory, store: UsageStore
) -> None:
    create_tenant(directory, "acme")
    yesterday = TODAY - timedelta(days=1)
    store.record("acme", [llm_call("e1", ts=NOON - timedelta(days=1)), llm_call("e2")], ONE_SHARD, NOON)
    refs = (REF, ShardRef(yesterday, 0))
    found = store.read("acme", Wanted(shards=refs)).documents
    assert found.late_days == found.shards[REF].late_days == {yesterday}
