"""The admin tool's commands about the service itself, in the words of the API."""

from datetime import timedelta

import pytest

from shared.http.platform.status_responses import OverviewResponse, SystemResponse
from shared.stores import process_memory
from tests.contracts.test_service_status import ATTEMPT, LETTER, OVERVIEW, TICK
from tests.tools.admin_calls import Capture, memory, run
from tools.admin.__main__ import main

__all__ = ["memory"]


@pytest.fixture(autouse=True)
def _watched(memory: None) -> None:
    """A service with an overview, a tick, a failed event and a dead letter."""
    store = process_memory()
    store.save_overview(OVERVIEW)
    store.add_tick(TICK)
    store.add_failed_attempt(ATTEMPT)
    store.add_dead_letter(LETTER)


def test_the_overview_has_the_fields_of_the_api(capsys: Capture) -> None:
    shown = run(capsys, "overview")
    expected = OverviewResponse.of(process_memory().read_status(), timedelta(0))
    assert shown == expected.model_dump(mode="json")
    assert (shown["money"]["mrr_usd"], shown["events_per_minute"]) == ("4611686018.427387904", 1.5)
    assert (shown["tenants"]["total"], shown["dead_letters"]) == (10, 3)


def test_the_system_has_the_fields_of_the_api_but_not_the_configuration_of_this_machine(
    capsys: Capture,
) -> None:
    shown = run(capsys, "system")
    assert shown.keys() == SystemResponse.model_fields.keys() - {"configuration"}
    (tick,), (failure,), (letter,) = shown["ticks"], shown["stripe_failures"], shown["dead_letters"]
    assert (tick["job"], tick["milliseconds"]) == ("fold", 120)
    assert (failure["event_id"], failure["attempts"]) == ("evt_1", 1)
    assert (letter["kind"], letter["text"]) == ("tick", 'reconcile: {"job": "reconcile"}')


def test_people_read_tables(capsys: Capture) -> None:
    assert main(["overview"]) == 0
    text = capsys.readouterr().out
    assert "tenants\n" in text
    assert "second_subscriptions" in text
    assert main(["system"]) == 0
    assert "Unavailable: no answer" in capsys.readouterr().out
