"""What the outbox keeps of a receiver's answer."""

from datetime import timedelta

from shared.domain.notices.entries import operator_entry
from tests.sample_events import NOON

ANSWER = "535 refused: Authorization: Bearer 0123456789abcdef"
STORED = "535 refused: Authorization: Bearer [redacted]"


def test_a_secret_in_an_answer_is_not_stored() -> None:
    attempted = operator_entry("summary", "text", ["cause"], NOON).leased(NOON)
    ended = (attempted.delivered(ANSWER), attempted.failed(ANSWER), attempted.retried(ANSWER, NOON))
    assert [entry.last_answer for entry in ended] == [STORED] * 3


def test_a_secret_at_the_end_of_a_long_answer_is_not_cut_in_half() -> None:
    answer = "x" * 280 + " ghp_" + "a" * 36
    ended = operator_entry("summary", "text", ["cause"], NOON).retried(answer, NOON + timedelta(minutes=1))
    assert ended.last_answer == "x" * 280 + " [redacted]"
