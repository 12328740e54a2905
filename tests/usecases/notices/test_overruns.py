"""A run that used more than it held is reported once: one alert, one mail, one webhook, whatever crashes."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from shared.domain.errors import Unavailable
from shared.domain.ledger.holds import GRACE
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.limits.runs import End, HoldRequest, RunRequest
from shared.domain.notices.mails import Mail
from shared.domain.notices.webhooks import Notice
from shared.domain.people.tenants import Tenant
from shared.domain.prices.token_pools import TokenPools
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.admit_runs import RunAdmitter
from shared.usecases.limits.check_limits import Limits
from shared.usecases.notices.raise_overruns import OverrunRaiser
from tests.alert_places import AlertPlace, FirestoreAlertPlace
from tests.contracts.test_directory import CREATED
from tests.plans import THRESHOLDS
from tests.sample_events import NOON, ONE_SHARD, event_of
from tests.usecases.fault_injection import Fault
from tests.usecases.notices.alert_scenarios import LINKS, new_place, with_tenant

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CENT = 10_000_000


class Runs:
    """The runs of tenant acme, and the ticks that look at them."""

    def __init__(self, place: AlertPlace) -> None:
        self.place = place
        place.directory.set_limits(
            "acme", LimitOverrides(tokens=MAX_LIMIT, runs=MAX_LIMIT, cost_nanousd=MAX_LIMIT - 1), CREATED
        )
        self._admitter = RunAdmitter(Limits(Ledger(place.open()), THRESHOLDS), place.open_both()[1])
        self._events = 0

    @property
    def tenant(self) -> Tenant:
        found = self.place.directory.find_tenant("acme")
        assert found is not None
        return found

    def admit(self, run_id: str, cents: int, parent: str | None = None, tokens: int | None = None) -> None:
        hold = HoldRequest(cost_nanousd=cents * CENT, tokens=tokens)
        request = RunRequest(run_id=run_id, parent_run_id=parent, hold=hold)
        self._admitter.admit(self.tenant, request, NOON)

    def end(self, run_id: str, now: datetime = NOON) -> None:
        self._admitter.end(self.tenant, End(run_id=run_id, status="completed"), now)

    def draw(self, run_id: str, cents: int, now: datetime = NOON, tokens: int = 1) -> None:
        self._events += 1
        pools = TokenPools(tokens, 0, tokens)
        event = event_of(f"e{self._events}", pools, 1, cents * CENT, ts=now, run_id=run_id)
        self.place.open().record("acme", [event], ONE_SHARD, now)

    def due(self, now: datetime) -> list[str]:
        """The runs that a tick would look at."""
        return [each.run.id for each in self.place.open_both()[1].due_runs(now, 5)]

    def tick(self, now: datetime = NOON) -> None:
        fold_tenants(TenantFolder(self.place.open()), ["acme"], now)
        self.look(now)

    def look(self, now: datetime = NOON, fault: Fault | None = None) -> None:
        usage, admissions = self.place.open_both(fault)
        OverrunRaiser(
            store=usage,
            admissions=admissions,
            members=self.place.members,
            outbox=self.place.outbox,
            links=LINKS,
        ).look(now)

    def reported(self) -> list[tuple[str | None, int, int]]:
        """The run, and the cents or tokens that it used and held, of each alert."""
        alerts = self.place.open().list_alerts("acme", limit=50).items
        unit = {"cost": CENT, "tokens": 1, "runs": 1}
        return sorted(
            (each.run_id, each.used // unit[each.metric], each.limit // unit[each.metric]) for each in alerts
        )

    def notices(self) -> list[Notice]:
        contents = [entry.content for entry in self.place.entries()]
        return [each for each in contents if isinstance(each, Notice)]


@pytest.fixture(params=[False, True], ids=["memory", "firestore"])
def runs(request: pytest.FixtureRequest) -> Runs:
    if request.param:
        return Runs(with_tenant(FirestoreAlertPlace(request.getfixturevalue("firestore_channel"))))
    return Runs(new_place())


def test_a_run_within_its_hold_is_no_alert(runs: Runs) -> None:
    runs.admit("a", 10)
    runs.draw("a", 10)
    runs.end("a")
    runs.tick()
    runs.tick(NOON + 30 * HOUR)
    assert runs.reported() == []
    assert runs.place.entries() == []


def test_a_run_that_is_over_is_reported_in_the_tick_after_its_end(runs: Runs) -> None:
    runs.admit("a", 10)
    runs.draw("a", 13)
    runs.tick()
    assert runs.reported() == [], "it may still be extended"
    runs.end("a", NOON + MINUTE)
    runs.tick(NOON + MINUTE)
    assert runs.reported() == [("a", 13, 10)]
    (notice,) = runs.notices()
    assert notice.type == "run.over_budget"
    assert notice.text == "Acme: Run “a” used $0.13 of provider cost, $0.03 more than it held."
    expected = {"run_id": "a", "metric": "cost", "used_usd": "0.13", "held_usd": "0.10", "over_usd": "0.03"}
    assert expected.items() <= notice.data.items()
    (mail,) = runs.place.mails()
    assert mail.subject == "“Acme”: a run over budget"


def test_what_is_recorded_after_an_end_is_reported_once(runs: Runs) -> None:
    runs.admit("a", 10)
    runs.draw("a", 2)
    runs.end("a")
    runs.tick()
    for hours in (1, 2):
        runs.draw("a", 1, NOON + hours * HOUR)
        runs.tick(NOON + hours * HOUR)
    assert runs.reported() == [("a", 3, 2)]
    assert len(runs.notices()) == 1


def test_a_run_that_nobody_ends_is_reported_when_its_hold_has_expired(runs: Runs) -> None:
    runs.admit("a", 10)
    runs.draw("a", 13)
    runs.tick(NOON + HOUR)
    assert runs.reported() == []
    runs.tick(NOON + HOUR + GRACE)
    assert runs.reported() == [("a", 13, 10)]


def test_what_is_recorded_after_the_expiry_is_reported_at_one_of_the_next_looks(runs: Runs) -> None:
    runs.admit("a", 10)
    runs.draw("a", 2)
    runs.tick(NOON + HOUR + GRACE)
    runs.draw("a", 5, NOON + HOUR + MINUTE)
    for hours in range(2, 10):
        runs.tick(NOON + hours * HOUR)
    assert runs.reported() == [("a", 7, 2)]
    assert len(runs.notices()) == 1


def test_an_abandoned_run_is_looked_at_a_few_times_and_then_never(runs: Runs) -> None:
    runs.admit("a", 10)
    now = NOON
    looks = 0
    while runs.due(NOON + timedelta(days=400)):
        now += 10 * MINUTE if now < NOON + 4 * HOUR else 6 * HOUR
        if runs.due(now):
            looks += 1
            runs.tick(now)
    assert 4 <= looks <= 7


def test_tokens_and_trees(runs: Runs) -> None:
    runs.admit("root", 20, tokens=100)
    runs.admit("child", 5, parent="root")
    runs.draw("child", 9)
    runs.draw("root", 1, tokens=150)
    runs.end("root")
    runs.tick()
    assert runs.reported() == [("child", 9, 5), ("root", 151, 100)]


def test_a_late_end_hides_nothing(runs: Runs) -> None:
    runs.admit("a", 10)
    runs.draw("a", 2)
    runs.tick(NOON + HOUR + GRACE)
    runs.draw("a", 5, NOON + HOUR + MINUTE)
    runs.end("a", NOON + HOUR + MINUTE)
    runs.tick(NOON + HOUR + MINUTE)
    assert runs.reported() == [("a", 7, 2)]


def test_many_runs_are_one_mail(runs: Runs) -> None:
    for number in range(25):
        runs.admit(f"run-{number:02}", 1)
        runs.draw(f"run-{number:02}", 2)
        runs.end(f"run-{number:02}")
    runs.tick()
    assert len(runs.reported()) == len(runs.notices()) == 25
    (mail,) = runs.place.mails()
    assert mail.subject == "“Acme”: 25 runs over budget"
    (entry,) = [each.content for each in runs.place.entries() if isinstance(each.content, Mail)]
    assert "5 more runs used more than they held." in entry.paragraphs


@pytest.mark.parametrize("took_effect", [False, True])
@pytest.mark.parametrize("calls", range(7))
def test_h7_a_look_interrupted_anywhere_and_retried_reports_each_run_once(
    calls: int, took_effect: bool, runs: Runs
) -> None:
    for run_id in ("a", "b"):
        runs.admit(run_id, 10)
        runs.draw(run_id, 13)
        runs.end(run_id)
    with suppress(Unavailable, ExceptionGroup):
        runs.look(fault=Fault(calls, took_effect))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: runs.look(), range(3)))
    assert runs.reported() == [("a", 13, 10), ("b", 13, 10)]
    assert len({notice.message_id for notice in runs.notices()}) == len(runs.notices()) == 2
    assert sorted(entry.kind for entry in runs.place.entries()) == ["mail", "notice", "notice"]
