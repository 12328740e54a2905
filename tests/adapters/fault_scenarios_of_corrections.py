"""The scenario of corrections, as their use case runs; it returns the answers."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from shared.adapters.memory import MemoryStore
from shared.domain.metering.events import MeteringEvent
from shared.domain.people.audit import Change
from shared.ports import CorrectionsWanted
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.metering.correct_events import EventCorrector
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.prices.read_prices import PriceReader
from tests.adapters.fault_cells import Stores
from tests.adapters.fault_scenarios import answered
from tests.sample_events import NOON, ONE_SHARD, counted, llm_call
from tests.usecases.plain_sums import new_tenant, stored_tenant

CHANGE = Change("admin:ada", NOON, "because")
LATER = Change("admin:ada", NOON + timedelta(days=36), "because")
NEW = MeteringEvent.model_validate({"category": "llm", "provider": "local", "model": "m", "run_id": "r1"})


def events_are_corrected(stores: Stores) -> Sequence[object]:
    usage = stores.usage
    tenant = new_tenant(stores.directory)
    usage.record("acme", [llm_call(f"e{number}", run_id="r1") for number in range(3)], ONE_SHARD, NOON)
    corrector = EventCorrector(EventRecorder(Ledger(usage), PriceReader(MemoryStore())))
    void, unvoid = partial(corrector.void, tenant), partial(corrector.unvoid, tenant)
    answers = [
        answered(void, "e0", CHANGE),
        answered(void, "e0", CHANGE),
        answered(unvoid, "e0", CHANGE),
        answered(unvoid, "e1", CHANGE),
        answered(corrector.amend, tenant, "e1", NEW, CHANGE),
        answered(void, "nobody", CHANGE),
        answered(void, "e2", LATER),
    ]
    return [
        *answers,
        usage.find_correction("acme", "e1"),
        sorted(usage.list_corrections("acme", CorrectionsWanted(since=NOON, until=NOON))),
        stored_tenant(usage).has_corrections,
        counted(usage, "acme"),
        counted(usage, "acme", LATER.at.date()),
        usage.find_run("acme", "r1"),
        usage.list_events("acme", limit=9).items,
    ]
