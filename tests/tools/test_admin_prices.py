"""The admin tool's prices: tried before they are changed, with what that does to this month's margins."""

from datetime import UTC, datetime

import pytest

from shared.domain.billing.margins import Margin, TenantMargin
from shared.domain.ledger.counters import Series
from shared.stores import process_memory
from tests.tools.admin_calls import Capture, memory, run

__all__ = ["memory"]
pytestmark = pytest.mark.usefixtures("memory")

PRICE = ('provider = "hosted"', 'model = "bot"', 'from = "2026-11-01"', 'per_million = { input = "3" }')


def test_a_price_can_be_tried_and_says_what_it_does_to_this_months_margins(capsys: Capture) -> None:
    now = datetime.now(UTC)
    process_memory().save_margins(
        [
            TenantMargin(
                month=now.date().replace(day=1),
                tenant_id="acme",
                name="Acme",
                plan="starter",
                margin=Margin(revenue_nanousd=10**9),
                series={Series("hosted", "bot"): {"calls": 1, "input_tokens": 2 * 10**6}},
                computed_at=now,
            )
        ]
    )
    tried = run(capsys, "price", "set", *PRICE, "--dry-run")
    assert run(capsys, "price", "list")["version"] == 0
    assert run(capsys, "price", "set", *PRICE) == tried
    assert (tried["effect"]["cost_after_usd"], tried["effect"]["negative_after"]) == ("6.00", 1)
    remove = ("price", "remove", "--provider", "hosted", "--model", "bot")
    removed = run(capsys, *remove, "--dry-run")
    assert removed["effect"]["sentences"] == [
        "1 tenant used these models this month: $0.00 at the new prices, $6.00 at the present ones.",
        "No tenant would have a negative margin this month, none has one now.",
        "hosted/bot: without a price afterwards, so the cost after counts as $0.00.",
    ]
    assert run(capsys, *remove) == removed
    assert run(capsys, "price", "list")["version"] == 2
