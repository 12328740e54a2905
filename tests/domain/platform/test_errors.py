"""An error in one line: its class and its message, without secrets."""

import pytest

from shared.domain.errors import Unavailable
from shared.domain.platform.errors import MAX_ERROR_CHARS, error_text

CASES: dict[str, tuple[BaseException, str]] = {
    "an error": (Unavailable("no answer"), "Unavailable: no answer"),
    "without a message": (KeyError(), "KeyError: "),
    "several lines": (ValueError("one\n  two"), "ValueError: one two"),
    "a group": (
        ExceptionGroup("two", [ValueError("a"), ExceptionGroup("one", [KeyError("b")])]),
        "ValueError: a; KeyError: 'b'",
    ),
    "a secret": (
        RuntimeError("https://me:hunter22@smtp.example.com: refused"),
        "RuntimeError: https://me:[redacted]@smtp.example.com: refused",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_an_error_is_reported_in_one_line(case: str) -> None:
    error, expected = CASES[case]
    assert error_text(error) == expected.strip()


def test_a_long_message_is_cut_after_its_secrets_are_gone() -> None:
    secret = "sk_live_" + "a" * 40
    text = error_text(ValueError("x" * (MAX_ERROR_CHARS - 30) + " " + secret))
    assert len(text) <= MAX_ERROR_CHARS
    assert "sk_live" not in text
