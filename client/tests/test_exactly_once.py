"""Whatever happens on the way, the service has each tracked event once, in batches that never change."""

import itertools
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gwi_usage import exchanges
from gwi_usage.delivery import Delivery
from gwi_usage.exchanges import NO_ANSWER, Answer, Request, Wait
from gwi_usage.notices import Notices
from gwi_usage.outbox.batches import Waiting
from gwi_usage.outbox.claims import LEASE_SECONDS
from gwi_usage.outbox.outbox import Outbox

STEP = st.one_of(
    st.tuples(
        st.just("track"), st.sampled_from(["", "a", "b"]), st.sampled_from(["2026-11-26", "2026-11-27"])
    ),
    st.tuples(st.just("send"), st.sampled_from(["acknowledged", "lost", "away", "page", "killed"])),
    st.tuples(st.just("restart")),
)


class Killed(BaseException):
    """The end of a process between a request and its answer."""


@dataclass
class World:
    """A service, and the processes that share an outbox one after the other."""

    path: Path
    bodies: dict[str, str] = field(default_factory=dict)
    recorded: list[int] = field(default_factory=list)
    tracked: list[int] = field(default_factory=list)

    def restart(self) -> None:
        self.outbox = Outbox(self.path, Notices())

    def track(self, tenant_id: str, day: str) -> None:
        number = len(self.tracked)
        event = json.dumps({"number": number, "tenant": tenant_id, "day": day})
        self.outbox.add(Waiting(tenant_id=tenant_id, day=day, tracked_at=0, event=event))
        self.tracked.append(number)

    def send(self, fate: str) -> None:
        try:
            exchanges.run(
                Delivery(self.outbox, Notices()).round(float("inf")), lambda step: self._answer(step, fate)
            )
        except Killed:
            self.restart()

    def _answer(self, step: Request | Wait, fate: str) -> Answer:
        assert isinstance(step, Request)
        if fate == "away":
            return NO_ANSWER
        if fate == "page":
            return Answer(status=200, summary="a page")
        events = json.loads(step.body)
        self._record(events, step.body)
        if fate == "killed":
            raise Killed
        ids = [event["id"] for event in events]
        return NO_ANSWER if fate == "lost" else Answer(status=200, content={"ids": ids}, summary="")

    def _record(self, events: list[dict[str, object]], body: str) -> None:
        batch = str(events[0]["id"]).rpartition(".")[0]
        assert [event["id"] for event in events] == [f"{batch}.{n}" for n in range(len(events))]
        assert len({(event["tenant"], event["day"]) for event in events}) == 1
        if batch not in self.bodies:
            self.recorded += [int(str(event["number"])) for event in events]
        assert self.bodies.setdefault(batch, body) == body


@given(st.lists(STEP, max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_order_of_tracking_sending_and_dying_records_each_event_once(
    steps: list[tuple[str, ...]],
) -> None:
    clock = itertools.count(0, 2 * LEASE_SECONDS)
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr("gwi_usage.outbox.outbox.time.time", lambda: next(clock))
        world = World(Path(folder) / "outbox.sqlite")
        world.restart()
        for name, *arguments in steps:
            getattr(world, name)(*arguments)
        world.send("acknowledged")
        world.outbox.close()
        assert sorted(world.recorded) == world.tracked
