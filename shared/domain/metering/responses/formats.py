"""The table of response formats, and which of them a body has. A new format takes one new row."""

from collections.abc import Mapping
from typing import Final

from shared.domain.errors import shown
from shared.domain.metering.responses.errors import ExtractionError
from shared.domain.metering.responses.google_formats import GOOGLE_FORMATS
from shared.domain.metering.responses.layouts import Body, Format
from shared.domain.metering.responses.openai_formats import OPENAI_FORMATS
from shared.domain.metering.responses.other_formats import OTHER_FORMATS
from shared.domain.metering.responses.span_format import SPAN_FORMATS
from shared.domain.prices.catalog import ResolvedProvider

_ROWS: Final = (*OPENAI_FORMATS, *GOOGLE_FORMATS, *OTHER_FORMATS, *SPAN_FORMATS)
_SHOWN_KEYS: Final = 10

FORMATS: Final[Mapping[str, Format]] = {each.name: each for each in _ROWS}
"""Every format by its name."""


def format_of(body: Body, provider: ResolvedProvider) -> Format:
    """Return the format of `body`, a response of `provider`; refuse a body that could have several."""
    found = _possible(body, provider)
    if not found:
        raise ExtractionError(
            "no_usage_in_response",
            "usage",
            f"the response contains no usage in a known format; its keys are {_keys(body)}",
        )
    if len(found) > 1 or found[0].only_from not in (None, provider.id):
        choices = " or ".join(sorted(each.name for each in found))
        message = f"the response of provider {shown(provider.name)} could be {choices}; set response_format"
        raise ExtractionError("ambiguous_response", "usage", message)
    return found[0]


def _possible(body: Body, provider: ResolvedProvider) -> list[Format]:
    found = [each for each in _ROWS if any(sign.is_in(body) for sign in each.found_by)]
    # A total is in nearly every usage: it identifies a format only where nothing else does.
    found = [each for each in found if each.only_from is None] or found
    return [
        each
        for each in found
        if each in _settled([rival for rival in found if rival.found_by == each.found_by], body, provider)
    ]


def _settled(rivals: list[Format], body: Body, provider: ResolvedProvider) -> list[Format]:
    """Return the only format of `rivals` that `body` can have, or all of them: a guess would misprice it."""
    marked = [each for each in rivals if any(sign.is_in(body) for sign in each.marks)]
    unmarked = [each for each in rivals if not each.marks or each.sent_by == provider.id]
    likely = marked or unmarked
    return likely if len(likely) == 1 else rivals


def _keys(body: Body) -> str:
    usage = body.get("usage")
    keys = [*body, *(f"usage.{key}" for key in (usage if isinstance(usage, dict) else ()))]
    more = f" and {len(keys) - _SHOWN_KEYS} more" if len(keys) > _SHOWN_KEYS else ""
    return (", ".join(shown(key) for key in keys[:_SHOWN_KEYS]) or "none") + more
