"""The nearest limit decides how soon to fold, and whether a cached read may decide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.limits.headroom import is_near_cap, minutes_until_fold
from shared.domain.limits.limits import LimitPolicy
from shared.domain.limits.metrics import Consumption
from shared.domain.limits.plans import MAX_LIMIT

POLICY = LimitPolicy(token_limit=1_000, run_limit=100, cost_limit_nanousd=10_000, alert_percents=(80, 100))
NONE = Consumption(0, 0)


def costing(nanousd: int) -> Consumption:
    return Consumption(0, 0, cost_nanousd=nanousd)


@pytest.mark.parametrize(
    ("used", "is_near"),
    [
        (Consumption(719, 0), False),
        (Consumption(720, 0), True),
        (Consumption(5_000, 0), True),
        (Consumption(0, 71), False),
        (Consumption(0, 72), True),
        (NONE, False),
        (costing(7_199), False),
        (costing(7_200), True),
    ],
)
def test_within_a_tenth_of_the_lowest_cap_and_beyond_it_is_near(used: Consumption, is_near: bool) -> None:
    # The caps are 800 and 1,000 tokens, 80 and 100 runs, 8,000 and 10,000 nano-USD.
    assert is_near_cap(POLICY, used) is is_near


def test_nothing_is_near_where_all_is_unlimited() -> None:
    unlimited = LimitPolicy(token_limit=MAX_LIMIT, run_limit=MAX_LIMIT)
    most = Consumption(MAX_LIMIT, MAX_LIMIT, cost_nanousd=2 * MAX_LIMIT)
    assert not is_near_cap(unlimited, most)
    assert minutes_until_fold(unlimited, most, most, 1) == 15


def test_a_limit_of_zero_is_near() -> None:
    assert is_near_cap(LimitPolicy(token_limit=0, run_limit=10), NONE)


@pytest.mark.parametrize(
    ("used", "new", "minutes"),
    [
        (Consumption(0, 0), NONE, 15),
        (Consumption(639, 0), NONE, 15),
        (Consumption(640, 0), NONE, 1),
        (Consumption(0, 64), NONE, 1),
        (Consumption(801, 0), NONE, 1),
        (Consumption(1_000, 0), NONE, 15),
        (Consumption(300, 0), Consumption(10, 0), 15),
        (Consumption(300, 0), Consumption(31, 0), 8),
        (Consumption(300, 0), Consumption(62, 0), 4),
        (Consumption(300, 0), Consumption(125, 0), 2),
        (Consumption(300, 0), Consumption(251, 0), 1),
        (Consumption(0, 30), Consumption(0, 7), 2),
        (costing(3_000), costing(310), 8),
        (costing(6_400), NONE, 1),
    ],
)
def test_the_next_fold_comes_before_a_cap_is_reached_at_the_last_rate(
    used: Consumption, new: Consumption, minutes: int
) -> None:
    assert minutes_until_fold(POLICY, used, new, 1) == minutes


@pytest.mark.parametrize(
    ("used", "minutes"),
    [(Consumption(300, 0), 4), (Consumption(499, 0), 1), (Consumption(500, 0), 8), (Consumption(0, 499), 8)],
)
def test_the_next_fold_comes_before_the_next_alert_too(used: Consumption, minutes: int) -> None:
    policy = LimitPolicy(token_limit=1_000, run_limit=10_000, alert_percents=(50, 80, 100))
    # 18 tokens a minute: 200 to the alert at 50 % take 11 minutes, 300 to the one at 80 % 16, all 500 take 27.
    assert minutes_until_fold(policy, used, Consumption(18, 0), 1) == minutes


amounts = st.builds(
    Consumption, st.integers(0, 2_000), st.integers(0, 200), cost_nanousd=st.integers(0, 20_000)
)


@given(amounts, amounts, st.integers(1, 60))
def test_at_the_last_rate_no_cap_is_passed_more_than_a_minute_before_the_next_fold(
    used: Consumption, new: Consumption, minutes: int
) -> None:
    wait = minutes_until_fold(POLICY, used, new, minutes)
    assert 1 <= wait <= 15
    pairs = [
        (POLICY.tokens.soft, used.tokens, new.tokens),
        (POLICY.tokens.hard, used.tokens, new.tokens),
        (POLICY.runs.soft, used.runs, new.runs),
        (POLICY.runs.hard, used.runs, new.runs),
        (POLICY.cost.soft, used.cost_nanousd, new.cost_nanousd),
        (POLICY.cost.hard, used.cost_nanousd, new.cost_nanousd),
    ]
    for cap, amount, growth in pairs:
        if amount < cap and wait > 1:
            assert 5 * amount < 4 * cap
            assert amount + growth * wait / minutes <= cap
