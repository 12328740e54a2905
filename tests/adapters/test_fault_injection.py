"""Fault injection at the gRPC layer: each call of each scenario fails, before or after its effect.

The retries must hide it: what is stored and what is answered are as without it.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import get_type_hints

import grpc
import pytest

from tests.adapters import (
    fault_scenarios,
    fault_scenarios_of_corrections,
    fault_scenarios_of_runs,
    fault_scenarios_of_usage,
)
from tests.adapters.fault_cells import Laboratory, Scenario, Stores, sample, whole_product

SCENARIOS: Sequence[Scenario] = (
    fault_scenarios.a_tenant_is_created_and_changed,
    fault_scenarios.tenants_are_provisioned_and_listed,
    fault_scenarios.keys_are_made_used_and_revoked,
    fault_scenarios.creating_requests_are_repeated,
    fault_scenarios.operators_come_and_go,
    fault_scenarios.people_are_invited_join_and_leave,
    fault_scenarios.invitations_end_without_a_membership,
    fault_scenarios.prices_are_changed,
    fault_scenarios.plans_are_changed,
    fault_scenarios.a_reconciliation_takes_its_turns,
    fault_scenarios_of_usage.batches_are_recorded_with_duplicates_and_conflicts,
    fault_scenarios_of_corrections.events_are_corrected,
    fault_scenarios_of_usage.sealed_batches_are_recorded_and_repeated,
    fault_scenarios_of_runs.runs_are_admitted_and_end,
    fault_scenarios_of_usage.usage_is_folded_and_alerts_are_raised,
    fault_scenarios_of_usage.mails_and_webhooks_are_delivered,
    fault_scenarios_of_usage.endpoints_are_changed,
    fault_scenarios_of_usage.recipients_confirm_and_stop,
    fault_scenarios_of_usage.margins_are_computed_and_listed,
    fault_scenarios_of_usage.the_service_is_watched,
    fault_scenarios_of_usage.webhooks_of_stripe_are_applied,
    fault_scenarios_of_usage.a_user_is_erased_and_the_tenant_deleted,
)
RUNS = whole_product if os.environ.get("FAULTS") == "all" else sample


@pytest.fixture
def laboratory(emulator_channel: grpc.Channel, monkeypatch: pytest.MonkeyPatch) -> Laboratory:
    """Databases of the emulator, pauses of a millisecond, and ids and tokens that are the same in each run."""
    monkeypatch.setattr("shared.adapters.firestore.retries._FIRST_PAUSE_SECONDS", 0.001)
    # A busy machine takes longer than a request may wait for this.
    monkeypatch.setattr("shared.adapters.firestore.people.directory.TOUCH_SECONDS", 10.0)
    monkeypatch.setattr("shared.domain.notices.entries.new_token", lambda: "token")
    monkeypatch.setattr("shared.usecases.notices.alert_endpoints.secrets.token_hex", lambda _: "random")
    monkeypatch.setattr("shared.domain.people.receipts.secrets.token_bytes", bytes)
    return Laboratory(emulator_channel)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_failed_calls_change_neither_what_is_stored_nor_what_is_answered(
    laboratory: Laboratory, scenario: Scenario
) -> None:
    undisturbed = laboratory.run(scenario)
    runs = list(RUNS(undisturbed.calls))
    with ThreadPoolExecutor(4) as threads:
        ends = threads.map(partial(laboratory.run_with, scenario), runs)
        different = [
            [str(fault) for fault in faults]
            for faults, left in zip(runs, ends, strict=True)
            if left != undisturbed.left
        ]
    assert different == []


def test_the_scenarios_use_every_method_of_the_stores(laboratory: Laboratory) -> None:
    used = set().union(*(laboratory.run(scenario).methods for scenario in SCENARIOS))
    methods = {
        f"{name}.{method}"
        for name, port in get_type_hints(Stores).items()
        for each in (port, *port.__bases__)
        for method in vars(each)
        if not method.startswith("_")
    }
    assert methods - used == set()
