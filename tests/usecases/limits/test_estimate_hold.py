"""The dollars that a run holds for the calls that it plans, at the prices that hold for its tenant."""

from datetime import timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.limits.runs import RunRefused
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.domain.prices.planned_calls import PlannedCalls
from shared.domain.prices.price_file import parse_prices
from shared.usecases.limits.estimate_hold import HoldEstimator
from shared.usecases.prices.manage_prices import change_prices, replacement
from shared.usecases.prices.read_prices import REMEMBERED_FOR, PriceReader
from tests.sample_events import NOON

ACME = Tenant(id="acme", name="Acme", plan="starter", created_at=NOON)
CALLS = PlannedCalls("openai", "gpt-4.1-mini", 10, 1_000, 100)
OWN = """
[[price]]
provider = "openai"
model = "gpt-4.1-mini"
tenant = "acme"
from = "2026-01-01"
per_million = { input = "1", output = "4" }
"""


def test_a_tenants_new_price_counts_within_a_minute() -> None:
    books = MemoryStore()
    estimator = HoldEstimator(PriceReader(books))
    assert estimator.estimate(ACME, CALLS, NOON) == 10 * (1_000 * 400 + 100 * 1_600)
    change_prices(books, replacement(parse_prices(OWN)), Change("ada", NOON))
    soon = NOON + REMEMBERED_FOR
    assert estimator.estimate(ACME, CALLS, soon - timedelta(seconds=1)) == 10 * (1_000 * 400 + 100 * 1_600)
    assert estimator.estimate(ACME, CALLS, soon) == 10 * (1_000 * 1_000 + 100 * 4_000)


def test_an_unknown_price_refuses_the_run_and_names_the_model() -> None:
    estimator = HoldEstimator(PriceReader(MemoryStore()))
    with pytest.raises(RunRefused) as caught:
        estimator.estimate(ACME, CALLS._replace(model="gpt-99" * 50), NOON)
    refusal = caught.value.refusal
    assert (caught.value.code, refusal.scope, refusal.metric) == ("price_unknown", "plan", "cost")
    assert refusal.reason.startswith("The price of gpt-99")
    assert len(refusal.reason) < 300
