"""The admin tool and budgets."""

import pytest

from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.tools.admin_calls import CREATE, Capture, failed, memory, run
from tests.tools.test_admin_grants import says_and_ends_with_2

__all__ = ["memory"]
pytestmark = pytest.mark.usefixtures("memory")

SET = ("budget", "set", "--tenant", "acme", "--id", "daily")


def test_a_budget_is_set_listed_and_removed(capsys: Capture) -> None:
    run(capsys, *CREATE)
    made = run(capsys, *SET, "--scope", "tag:feature=*", "--amount-usd", "5", "--window", "day")["budget"]
    assert made == {
        "id": "daily",
        "scope": "tag:feature=*",
        "amount_usd": "5.00",
        "window": "day",
        "on_reach": "block",
        "on_unknown_price": "block",
        "thresholds": [80, 100],
        "counts_from": made["counts_from"],
    }
    run(
        capsys,
        *("budget", "set", "--tenant", "acme", "--id", "all", "--scope", "tenant", "--tokens", "100"),
        *("--window", "month", "--on-reach", "warn", "--thresholds", "50,150"),
    )
    listed = run(capsys, "budget", "list", "--tenant", "acme")
    assert [each["id"] for each in listed["budgets"]] == ["all", "daily"]
    (use,) = listed["budgets"][0]["uses"]
    assert (use["used"], use["held"], use["left"], use["percent"]) == (0, 0, 100, 0.0)
    assert run(capsys, "budget", "remove", "--tenant", "acme", "--id", "daily")["removed"] == made
    assert "unknown_budget" in failed(capsys, "budget", "remove", "--tenant", "acme", "--id", "daily")
    entries = [each.action for each in trail_of(process_memory())]
    assert sorted(entries) == ["budget.removed", "budget.set", "budget.set", "tenant.created"]


def test_the_policy_for_usage_that_cannot_be_read_is_set(capsys: Capture) -> None:
    run(capsys, *CREATE)
    run(capsys, "budget", "on-unreadable", "--tenant", "acme", "--policy", "open")
    assert run(capsys, "budget", "list", "--tenant", "acme")["on_unreadable"] == "open"


@pytest.mark.parametrize("scope", ["user", "user:", "tag:feature", "team:x", "tenant:acme"])
def test_a_scope_that_does_not_exist_is_a_wrong_call(scope: str, capsys: Capture) -> None:
    said = says_and_ends_with_2(capsys, *SET, "--scope", scope, "--runs", "1", "--window", "day")
    assert "is not tenant, user:ID, workflow:ID, key:ID or tag:NAME=VALUE" in said


@pytest.mark.parametrize(
    "options",
    [
        ("--amount-usd", "-1", "--window", "day"),
        ("--amount-usd", "1e30", "--window", "day"),
        ("--tokens", "1.5", "--window", "day"),
        ("--tokens", "5", "--runs", "1", "--window", "day"),
        ("--tokens", "5", "--window", "fortnight"),
        ("--window", "day"),
    ],
)
def test_a_bad_amount_or_window_is_a_wrong_call(options: tuple[str, ...], capsys: Capture) -> None:
    assert "usage:" in says_and_ends_with_2(capsys, *SET, "--scope", "tenant", *options)


def test_an_amount_of_nothing_is_refused_in_words(capsys: Capture) -> None:
    run(capsys, *CREATE)
    said = failed(capsys, *SET, "--scope", "tenant", "--amount-usd", "0", "--window", "day")
    assert said.startswith("invalid_amount_usd") or "amount_usd is $0.00" in said
