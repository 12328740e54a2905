"""Usage alerts: crossed thresholds, the caps of the limit check, and new alerts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.periods import period_at
from shared.domain.limits.limits import LimitPolicy, status
from shared.domain.limits.metrics import Consumption
from shared.domain.notices.alerts import UsageAlert, alerts_to_tell, crossed_thresholds, new_alerts
from shared.domain.notices.mail_templates import used_of_limit
from shared.domain.prices.money import NANOUSD_PER_USD
from tests.plans import FREE

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NOVEMBER = period_at(None, NOW)
POLICY = LimitPolicy(token_limit=1_000, run_limit=10, alert_percents=(80, 100))

counts = st.integers(0, 2**53)
policies = st.builds(
    LimitPolicy,
    token_limit=counts | st.integers(0, 300),
    run_limit=counts | st.integers(0, 300),
    cost_limit_nanousd=counts | st.integers(0, 300),
    soft_percent=st.integers(1, 200),
    hard_percent=st.integers(1, 200),
).map(lambda each: replace(each, alert_percents=tuple(sorted({each.soft_percent, each.hard_percent}))))
used = counts | st.integers(0, 400)


def crossed(policy: LimitPolicy, tokens: int, runs: int) -> list[UsageAlert]:
    return crossed_thresholds(policy, NOVEMBER, Consumption(tokens, runs), NOW)


def ids(alerts: list[UsageAlert]) -> list[str]:
    return [alert.id for alert in alerts]


@pytest.mark.parametrize(
    ("tokens", "runs", "names"),
    [
        (0, 0, []),
        (1_000 * 80 // 100 - 1, 7, []),
        (1_000 * 80 // 100, 7, ["tokens.80"]),
        (999, 8, ["tokens.80", "runs.80"]),
        (1_000, 9, ["tokens.80", "tokens.100", "runs.80"]),
        (5_000, 10, ["tokens.80", "tokens.100", "runs.80", "runs.100"]),
    ],
)
def test_a_threshold_is_crossed_by_using_that_much(tokens: int, runs: int, names: list[str]) -> None:
    assert ids(crossed(POLICY, tokens, runs)) == [f"20261101T00Z.{name}" for name in names]


def test_an_alert_has_usage_limit_and_time() -> None:
    assert crossed(POLICY, 850, 0) == [
        UsageAlert(
            period=NOVEMBER, metric="tokens", threshold_percent=80, used=850, limit=1_000, reached_at=NOW
        )
    ]


@given(policies, st.builds(Consumption, used, used, cost_nanousd=used))
def test_alerts_and_limits_never_disagree(policy: LimitPolicy, consumed: Consumption) -> None:
    alerts = crossed_thresholds(policy, NOVEMBER, consumed, NOW)
    standing = status(FREE, policy, NOVEMBER, consumed)
    if all(caps.hard > 0 for caps in policy.caps.values()):
        is_hard = any(alert.threshold_percent == policy.hard_percent for alert in alerts)
        assert is_hard == standing.hard_limit_reached
        assert bool(alerts) == standing.soft_limit_reached
    assert len(set(ids(alerts))) == len(alerts) <= 2 + 2 + 2


def test_a_cost_that_is_only_known_in_part_crosses_thresholds_and_says_so() -> None:
    policy = replace(POLICY, cost_limit_nanousd=10 * NANOUSD_PER_USD)
    spent = Consumption(0, 0, cost_nanousd=8 * NANOUSD_PER_USD + 1, cost_is_complete=False)
    (alert,) = crossed_thresholds(policy, NOVEMBER, spent, NOW)
    assert alert.id == "20261101T00Z.cost.80"
    assert (alert.used_usd, alert.limit_usd, alert.cost_is_complete) == ("8.000000001", "10.00", False)
    assert used_of_limit(alert) == "at least $8.000000001 of $10.00 provider cost used (80 %)"
    assert used_of_limit(replace(alert, cost_is_complete=True)).startswith("$8.000000001 of $10.00 provider")


def test_one_percentage_for_both_is_one_alert_at_the_cap_that_blocks() -> None:
    policy = LimitPolicy(
        token_limit=15, run_limit=100, soft_percent=50, hard_percent=50, alert_percents=(50,)
    )
    assert (policy.tokens.hard, policy.tokens.soft) == (7, 8)
    assert ids(crossed(policy, 7, 0)) == ["20261101T00Z.tokens.50"]


def test_with_a_limit_of_zero_only_usage_raises_an_alert() -> None:
    nothing = LimitPolicy(token_limit=0, run_limit=0, alert_percents=(80, 100))
    assert crossed(nothing, 0, 0) == []
    assert ids(crossed(nothing, 0, 1)) == ["20261101T00Z.runs.80", "20261101T00Z.runs.100"]


def test_what_was_raised_before_is_not_raised_again() -> None:
    alerts = crossed(POLICY, 1_000, 8)
    known = {"20261101T00Z.tokens.80", "20261101T00Z.runs.80", "20261001T00Z.tokens.100"}
    assert ids(new_alerts(alerts, known)) == ["20261101T00Z.tokens.100"]
    assert new_alerts(alerts, ids(alerts)) == []


@pytest.mark.parametrize(
    ("known", "mailed"),
    [
        ([], ["tokens.100", "runs.80"]),
        (["tokens.80"], ["tokens.100", "runs.80"]),
        (["runs.80"], ["tokens.100"]),
        # The soft threshold was lowered or raised after the hard one was reached.
        (["tokens.100"], ["runs.80"]),
        (["tokens.80", "tokens.100", "runs.80"], []),
    ],
)
def test_only_the_highest_new_alert_of_each_metric_is_mailed(known: list[str], mailed: list[str]) -> None:
    of_november = [f"20261101T00Z.{name}" for name in known]
    mails = alerts_to_tell(crossed(POLICY, 1_000, 8), of_november)
    assert [alert.id.partition(".")[2] for alert in mails] == mailed
