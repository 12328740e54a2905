"""The kinds of events: the status that they imply, and the decisions that they report."""

import re

import pytest

from shared.domain.metering.kinds import KIND_PATTERN, Decisions, contradicts, decisions_of, implied_status


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("run.started", "started"),
        ("run.completed", "completed"),
        ("run.failed", "failed"),
        ("llm.request", "started"),
        ("approval.requested", "started"),
        ("tool.failed", "error"),
        ("llm.stream.error", "error"),
        ("tool.completed", None),
        ("llm.response", None),
        ("policy.denied", None),
    ],
)
def test_a_kind_implies_a_status(kind: str, status: str | None) -> None:
    assert implied_status(kind) == status


def test_only_the_beginning_and_the_end_of_a_run_contradict_a_status() -> None:
    assert contradicts("run.completed", "failed")
    assert not contradicts("run.completed", "completed")
    assert not contradicts("tool.failed", "ok")


def test_decisions_are_counted_by_who_decides_and_how() -> None:
    kinds = ["policy.checked", "policy.denied", "approval.requested", "approval.granted", "approval.denied"]
    kinds += ["tool.denied", "llm.response"]
    assert decisions_of(kinds) == Decisions(policy_checks=2, approvals=1, denials=2)


@pytest.mark.parametrize(
    "text", ["llm", "Llm.response", "llm.", ".response", "llm response", "a.b.c.d.e.f", "<b>.x"]
)
def test_a_kind_is_a_dotted_name(text: str) -> None:
    assert not re.fullmatch(KIND_PATTERN, text)
