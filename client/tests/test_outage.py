"""A service that does not take events: nothing is lost, nothing counts twice, and the agent goes on."""

import asyncio
import logging
import time
from itertools import repeat
from threading import Event

import pytest

from gwi_usage import delivery
from gwi_usage.transport import _retry_after
from tests.conftest import NewMeter, track
from tests.service import Received, Reply, Service, page, problem, serving

PASSING = [
    problem(503, "unavailable"),
    problem(500, "internal_error"),
    problem(429, "rate_limited"),
    problem(401, "invalid_key"),
    problem(403, "tenant_suspended"),
    page(200),
    page(404),
    page(502),
    (200, {"Content-Type": "application/json"}, b'{"status": "ok"}'),
    (200, {"Content-Type": "application/json"}, b"[1"),
    (302, {"Location": "/elsewhere"}, b""),
]


@pytest.mark.parametrize("reply", PASSING, ids=[f"{status} {body[:12]!r}" for status, _, body in PASSING])
def test_what_is_no_acknowledgement_is_sent_again_as_it_was(
    reply: Reply, new_meter: NewMeter, service: Service
) -> None:
    meter, replies = new_meter(), iter([reply, reply])
    service.instead = lambda received: next(replies, None)
    track(meter, 3)
    assert meter.flush()
    assert len(service.requests) == 3
    assert len({each.body for each in service.requests}) == 1
    assert len(service.events) == 3


def test_an_answer_that_is_lost_counts_nothing_twice(new_meter: NewMeter, service: Service) -> None:
    meter, replies = new_meter(), iter([page(504)])
    service.after = lambda received: next(replies, None)
    track(meter, 3)
    assert meter.flush()
    assert (len(service.events), service.repeated) == (3, 3)


def test_a_service_that_comes_back_gets_the_oldest_first(new_meter: NewMeter, service: Service) -> None:
    with serving(Service()) as before:
        port = int(before.url.rsplit(":", 1)[1])
    meter = new_meter(url=before.url, send_events=10)
    for number in range(25):
        track(meter, user_id=str(number))
    assert not meter.flush(timeout=0)
    assert meter.pending == 25
    with serving(Service(), port) as after:
        assert meter.flush()
        assert after.values("user_id") == [str(number) for number in range(25)]


def test_nothing_is_sent_before_the_service_asked_for_it(
    new_meter: NewMeter, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter, replies = new_meter(send_seconds=0), iter([problem(503, "unavailable", **{"Retry-After": "30"})])
    service.instead = lambda received: next(replies, None)
    track(meter, 5)
    assert not meter.flush(timeout=1)
    assert len(service.requests) == 1
    for clock in ("time", "monotonic"):
        later = getattr(time, clock)() + 61
        monkeypatch.setattr(time, clock, lambda later=later: later)
    assert meter.flush()
    assert len(service.events) == 5


def test_a_tenant_beyond_its_rate_keeps_back_no_other(new_meter: NewMeter, service: Service) -> None:
    def reply(received: Received) -> Reply | None:
        return problem(429, "rate_limited", **{"Retry-After": "30"}) if received.tenant == "busy" else None

    meter = new_meter()
    service.instead = reply
    track(meter, tenant_id="busy")
    track(meter, tenant_id="calm")
    assert not meter.flush(timeout=1)
    assert ([each.tenant for each in service.requests], meter.pending) == (["busy", "calm"], 1)


def test_a_batch_that_alone_fails_keeps_back_no_other(new_meter: NewMeter, service: Service) -> None:
    meter = new_meter()
    service.instead = lambda received: problem(500, "internal_error") if received.tenant == "odd" else None
    track(meter, tenant_id="odd")
    track(meter, tenant_id="even")
    assert not meter.flush(timeout=0.5)
    assert (len(service.events), meter.pending) == (1, 1)


def test_an_outage_is_logged_once_and_not_for_each_event(
    new_meter: NewMeter, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    meter = new_meter(send_seconds=0)
    service.instead = lambda received: page(200)
    track(meter, 20)
    logged = [each.getMessage() for each in caplog.records if each.name == "gwi_usage"]
    assert len(logged) == 1
    assert "text/html, not an answer of GWI Usage" in logged[0]


def test_what_is_refused_for_good_is_kept_aside_and_logged(
    new_meter: NewMeter, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    meter = new_meter()
    service.refuse = lambda event: "ambiguous_response" if event["model"] == "odd" else None
    track(meter)
    track(meter, model="odd")
    assert meter.flush()
    assert (len(service.events), meter.pending) == (1, 0)
    assert caplog.records[-1].levelno == logging.ERROR
    assert "ambiguous_response: it is ambiguous_response" in caplog.text


def test_a_batch_of_which_nothing_is_taken_is_kept_aside(new_meter: NewMeter, service: Service) -> None:
    meter = new_meter()
    service.instead = lambda received: problem(422, "batch_too_wide")
    track(meter, 2)
    assert meter.flush()
    assert len(service.requests) == 1


@pytest.mark.parametrize("code", ["not_recorded", "rate_limited", "too_many_events"])
def test_an_event_that_is_refused_for_now_is_sent_again(
    code: str, new_meter: NewMeter, service: Service
) -> None:
    meter, refusals = new_meter(), iter(repeat(code, 2))
    service.refuse = lambda event: next(refusals, None)
    track(meter, 2)
    assert meter.flush()
    assert len(service.events) == 2


def test_sending_that_is_cancelled_gives_its_batch_back(new_meter: NewMeter, service: Service) -> None:
    meter, began, ended = new_meter(), Event(), Event()

    def wait(received: Received) -> None:
        began.set()
        ended.wait(10)

    async def cancelled() -> None:
        sending = asyncio.create_task(meter.aflush())
        while not began.is_set():
            await asyncio.sleep(0.01)
        sending.cancel()
        await asyncio.wait([sending])

    service.instead = wait
    track(meter)
    asyncio.run(cancelled())
    service.instead = None
    ended.set()
    assert new_meter().flush(timeout=5)
    assert len(service.events) == 1


def test_pauses_double_and_have_an_end() -> None:
    longest = [max(delivery.backoff(attempts) for _ in range(200)) for attempts in (0, 3, 50)]
    assert 0.01 <= longest[0] <= 0.02 < longest[1] <= 8 * 0.02 < longest[2] <= 30


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("7", 7), ("soon", None), ("99999", 3600), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert _retry_after(header) == seconds
