"""The queries and the writes of corrections, for the test of indexes."""

from collections.abc import Callable
from dataclasses import replace

from shared.adapters.firestore.metering.commits import Recording
from shared.adapters.firestore.metering.corrections import correction_write
from shared.adapters.firestore.paths import TenantPaths
from shared.domain.metering.corrected_events import uncorrected
from shared.ports import CorrectionsWanted, UsageStore
from tests.sample_events import NOON, ONE_SHARD, llm_call

_WANTED = CorrectionsWanted(since=NOON, until=NOON)
CORRECTION_LISTS: dict[str, Callable[[UsageStore], object]] = {
    "list_corrections": lambda usage: usage.list_corrections("acme", _WANTED),
    "list_corrections of a run": lambda usage: usage.list_corrections("acme", replace(_WANTED, run_id="r")),
}
_EVENT = llm_call("e1", run_id="r")
_CORRECTION = replace(uncorrected(_EVENT), replaced_by="e2", replaces="e0", cost=_EVENT.cost)
_RECORDING = Recording(TenantPaths("", "acme"), ONE_SHARD, NOON, NOON, "n")
CORRECTION_WRITES = [correction_write("corrections/e", _CORRECTION, _RECORDING)]
