"""A month in the life of the demo tenant: which runs began when. The same for the same `now`, without chance."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from tools.dev.demo_events import DemoRun, Event, run_events

HISTORY = timedelta(days=30)
SUBSCRIBED = timedelta(days=20)
"""So long ago the tenant took its present plan, so its metering period began then: later than its history."""
OPEN_RUN_AGE = timedelta(minutes=3)
_ENDED_BY = timedelta(minutes=10)

_RUNS_BY_WEEKDAY = (7, 8, 8, 7, 6, 3, 2)  # from Monday
_BUSY_HOURS = (9, 14, 10, 15, 8, 11, 16, 13, 18, 7, 12)
_MIX = (
    *("support-triage", "inbox-routing", "code-review", "contract-questions", "inbox-routing"),
    *("weekly-digest", "support-triage", "research-report", "inbox-routing", "contract-questions"),
    "model-evaluation",
)
_FAILS_EVERY, _STUMBLES_EVERY = 17, 11


def demo_events(now: datetime) -> list[Event]:
    """Return the events of all runs in the order of their instants; `now` is in UTC."""
    events = [event for run in demo_runs(now) for event in run_events(run)]
    return sorted(events, key=lambda event: str(event["ts"]))


def demo_runs(now: datetime) -> list[DemoRun]:
    """Return the runs of the last 30 days, all of them over, and one that has just begun."""
    begins = (begin for begin in _begins(now) if now - HISTORY <= begin <= now - _ENDED_BY)
    runs = [_run(number, begin) for number, begin in enumerate(begins)]
    opened = DemoRun(
        id=f"demo-{now:%m%d-%H%M}", workflow=_MIX[0], begin=now - OPEN_RUN_AGE, number=len(runs), is_open=True
    )
    return [*runs, opened]


def _begins(now: datetime) -> Iterator[datetime]:
    """Instants in order, from the first day of the history to the end of today: busy days and quiet weekends."""
    for age in range(HISTORY.days, -1, -1):
        day = now.date() - timedelta(days=age)
        midnight = datetime.combine(day, time(), tzinfo=now.tzinfo)
        growth = 1 if age < HISTORY.days // 2 else 0
        hours = _BUSY_HOURS[: _RUNS_BY_WEEKDAY[day.weekday()] + growth]
        yield from (
            midnight + timedelta(hours=hour, minutes=(hour * 17 + age * 7) % 60) for hour in sorted(hours)
        )


def _run(number: int, begin: datetime) -> DemoRun:
    return DemoRun(
        id=f"demo-{begin:%m%d-%H%M}",
        workflow=_MIX[number * 3 % len(_MIX)],
        begin=begin,
        number=number,
        fails=number % _FAILS_EVERY == _FAILS_EVERY - 1,
        stumbles=number % _STUMBLES_EVERY == _STUMBLES_EVERY - 1,
    )
