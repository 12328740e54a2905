"""A page shows as held what open runs have not used yet, also in trees, at a bounded number of reads."""

from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.holds import Amounts
from shared.usecases.limits.look_at_holds import MOST_RUNS, look_at_holds
from tests.usecases.limits.admission_world import CENT, Process, memory_world


def shown(process: Process) -> Amounts:
    tenant_id = process.world.tenant.id
    holds = process.usage.read(tenant_id, Wanted(holds=True)).documents.holds
    return look_at_holds(process.usage, tenant_id, holds, process.world.now).of_tenant


def test_what_a_run_has_used_is_not_held_any_more() -> None:
    process = memory_world().process()
    process.admit("a", cents=50, tokens=1_000)
    process.admit("b", cents=10)
    process.draw("a", cents=20, tokens=400)
    assert shown(process) == Amounts((50 - 20 + 10) * CENT, 1_000 - 400)


def test_what_the_runs_below_a_run_have_used_is_not_held_any_more() -> None:
    process = memory_world().process()
    process.admit("root", cents=50)
    process.admit("child", cents=20, parent="root")
    process.draw("root", cents=5)
    process.draw("child", cents=15)
    assert shown(process) == Amounts((50 - 5 - 15) * CENT)
    process.end("child")
    assert shown(process) == Amounts((50 - 5 - 15) * CENT)


def test_a_run_that_is_over_holds_nothing_rather_than_less() -> None:
    process = memory_world().process()
    process.admit("a", cents=10)
    process.admit("b", cents=10)
    process.draw("a", cents=15)
    assert shown(process) == Amounts(10 * CENT)


def test_with_more_runs_than_are_read_it_is_as_admissions_last_saw_it() -> None:
    process = memory_world().process()
    for number in range(MOST_RUNS):
        process.admit(f"run-{number}", cents=1)
    process.draw("run-0", cents=1)
    assert shown(process) == Amounts((MOST_RUNS - 1) * CENT)
    process.admit("one more", cents=1)
    assert shown(process) == Amounts((MOST_RUNS + 1) * CENT)
