"""Strategies for limits and usage, near zero and near the largest limit, and a period of theirs."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from shared.domain.ledger.periods import period_at
from shared.domain.limits.limits import LimitPolicy
from shared.domain.limits.metrics import Consumption

NOVEMBER = period_at(None, datetime(2026, 11, 22, tzinfo=UTC))

counts = st.integers(0, 2**53)
policies = st.builds(
    LimitPolicy,
    token_limit=counts | st.integers(0, 300),
    run_limit=counts | st.integers(0, 300),
    cost_limit_nanousd=counts | st.integers(0, 300),
    soft_percent=st.integers(1, 200),
    hard_percent=st.integers(1, 200),
)
amounts = counts | st.integers(0, 400)
consumptions = st.builds(Consumption, amounts, amounts, amounts, cost_nanousd=amounts)
