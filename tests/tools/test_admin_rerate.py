"""The admin tool's `rerate`: what it shows, what it changes, and that it does so once."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.people.audit import Change
from shared.domain.prices.costs import EventCost
from shared.domain.prices.token_pools import TokenPools
from shared.stores import process_memory
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.metering.correct_events import EventCorrector
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.prices.read_prices import PriceReader
from tests.audit_trail import trail_of
from tests.sample_events import CALL, ONE_SHARD, counted, event_of, llm_call, times
from tests.tools.admin_calls import CREATE, Capture, failed, memory, run
from tests.usecases.plain_sums import stored_tenant

__all__ = ["memory"]
pytestmark = pytest.mark.usefixtures("memory", "unpriced")

NOW = datetime.now(UTC)
DAYS = ("--from", str(NOW.date() - timedelta(days=2)), "--to", str(NOW.date() + timedelta(days=1)))
RERATE = ("rerate", "--tenant", "acme", *DAYS)
APPLY = (*RERATE, "--apply", "--reason", "priced now")


@pytest.fixture(autouse=True)
def unpriced(memory: None, capsys: Capture) -> None:
    """Three calls without a price, of which one is void and one has no price today either, and one with a price."""
    run(capsys, *CREATE)
    store, tokens = process_memory(), TokenPools(100, 20, 120)
    calls = [event_of(f"e{number}", tokens, 350, None, ts=NOW) for number in range(2)]
    nobody = event_of("e2", tokens, 350, None, ts=NOW)
    nobody = nobody._replace(model="nobody-knows", series=nobody.series._replace(model="nobody-knows"))
    store.record("acme", [*calls, nobody, llm_call("e3", ts=NOW)], ONE_SHARD, NOW)
    corrector = EventCorrector(EventRecorder(Ledger(store), PriceReader(store)))
    corrector.void(stored_tenant(store), "e1", Change("admin:ada", NOW, "why"))


def usage_cost() -> int:
    return counted(process_memory(), "acme", NOW.date())["cost_nanousd"]


def test_the_dry_run_shows_the_difference_by_model_and_changes_nothing(capsys: Capture) -> None:
    before = usage_cost()
    assert run(capsys, *RERATE) == {
        "tenant_id": "acme",
        "applied": False,
        "models": [
            {
                "provider": "openai",
                "model": "gpt-4.1-mini",
                "events": 1,
                "cost_usd": "0.000072",
                "still_unpriced": 0,
            },
            {
                "provider": "openai",
                "model": "nobody-knows",
                "events": 0,
                "cost_usd": "0.00",
                "still_unpriced": 1,
            },
        ],
    }
    assert usage_cost() == before == CALL["cost_nanousd"]


def test_apply_corrects_each_event_once_and_says_so_in_the_audit_log(capsys: Capture) -> None:
    assert run(capsys, *APPLY)["models"][0]["events"] == 1
    assert counted(process_memory(), "acme", NOW.date()) == {
        **times(3),
        "cost_nanousd": 2 * 72_000,
        "unpriced_calls": 1,
    }
    found = process_memory().find_correction("acme", "e0")
    assert found is not None
    assert (found.state, found.reason, found.cost) == (
        "rerated",
        "priced now",
        EventCost("exact", 72_000, found.cost and found.cost.source),
    )
    entry = trail_of(process_memory(), "acme")[-1]
    assert (entry.action, entry.before, entry.after, entry.reason) == (
        *("events.rerated", "1 event", "$0.000072"),
        "priced now",
    )
    again = run(capsys, *APPLY)["models"]
    assert [(each["model"], each["events"]) for each in again] == [("nobody-knows", 0)]
    assert usage_cost() == 2 * 72_000


def test_what_is_recorded_after_that_is_rated_by_the_next_one(capsys: Capture) -> None:
    run(capsys, *APPLY)
    process_memory().record(
        "acme", [event_of("e9", TokenPools(100, 20, 120), 350, None, ts=NOW)], ONE_SHARD, NOW
    )
    assert run(capsys, *APPLY)["models"][0]["events"] == 1
    assert usage_cost() == 3 * 72_000


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("rerate", "--tenant", "acme", "--from", "2026-11-02", "--to", "2026-11-02"), "not before"),
        ((*RERATE, "--apply"), "--reason"),
        (("rerate", "--tenant", "nobody", *DAYS), "nobody"),
    ],
)
def test_bad_input_changes_nothing(arguments: tuple[str, ...], says: str, capsys: Capture) -> None:
    assert says in failed(capsys, *arguments)
    assert usage_cost() == CALL["cost_nanousd"]
