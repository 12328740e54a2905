"""Values of callers as error messages show them."""

MAX_SHOWN_VALUE_CHARS = 80


def shown(value: object) -> str:
    """Format `value` for an error message: one line, at most 80 characters."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN_VALUE_CHARS else text[: MAX_SHOWN_VALUE_CHARS - 1] + "…"
