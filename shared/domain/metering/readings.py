"""Reads what an event used: from its token counts, its response or its stream, and its units."""

from typing import Final, NoReturn

from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.refusals import RefusedEvent
from shared.domain.metering.responses.errors import ExtractionError
from shared.domain.metering.responses.extraction import Extracted, ModelCall, extract
from shared.domain.metering.responses.streams import assemble
from shared.domain.prices.catalog import ResolvedProvider
from shared.domain.prices.token_pools import NO_TOKENS, CallUsage

_BATCH: Final = "batch"
UNFINISHED_STREAM: Final = "response_stream"


def read_usage(event: MeteringEvent, provider: ResolvedProvider) -> Extracted | None:
    """Return what the event states that it used; None if it states nothing. Raises RefusedEvent."""
    sources = [name for name in ("tokens", "response", "response_stream") if getattr(event, name) is not None]
    if len(sources) > 1:
        code = "tokens_and_response" if "tokens" in sources else "response_and_stream"
        raise RefusedEvent(sources[-1], code, f"send either {' or '.join(sources)}, not both")
    if event.response_format is not None and sources in ([], ["tokens"]):
        raise RefusedEvent("response_format", "response_missing", "response_format requires a response")
    if event.response is not None or event.response_stream is not None:
        return _with_units(event, _read_response(event, provider))
    if event.units is None and event.service_tier is None:
        return _of_tokens(event)
    return _with_units(event, _of_tokens(event))


def _of_tokens(event: MeteringEvent) -> Extracted | None:
    return Extracted("tokens", (ModelCall(CallUsage(event.tokens.pools)),)) if event.tokens else None


def _read_response(event: MeteringEvent, provider: ResolvedProvider) -> Extracted | None:
    try:
        if event.response is not None:
            return extract(event.response, event.response_format, provider)
        return _read_stream(event, provider)
    except ExtractionError as error:
        field = "response" if event.response is not None else "response_stream"
        raise RefusedEvent(field, error.code, f"{field}: {error}") from error


def _read_stream(event: MeteringEvent, provider: ResolvedProvider) -> Extracted:
    """Return the usage of a stream. One without its end is read as far as it goes, and its cost is incomplete."""
    stream = assemble(event.response_stream or [], event.response_format)
    if stream.is_finished:
        return extract(stream.body, event.response_format or stream.format, provider)
    try:
        said = extract(stream.body, event.response_format or stream.format, provider, may_be_unfinished=True)
    except ExtractionError as error:
        if error.code != "no_usage_in_response":
            raise
        said = Extracted(stream.format or "unknown", ())
    return said._replace(unread=(UNFINISHED_STREAM, *said.unread))


def _with_units(event: MeteringEvent, read: Extracted | None) -> Extracted | None:
    """Add the event's own units and service tier to what was read. They may not contradict each other."""
    units = event.units.counts if event.units else {}
    tier = event.service_tier
    if read is None:
        if not units:
            return None
        read = Extracted("units", (ModelCall(CallUsage(NO_TOKENS)),))
    places = event.units.places if event.units else {}
    for unit, place in places.items():
        if unit in read.places:
            _refuse_units(place, read.places[unit])
    selected = (
        {} if tier in (None, "standard") else {"processing" if tier == _BATCH else "service_tier": str(tier)}
    )
    stated = {key: value for call in read.calls for key, value in call.usage.price_context.items()}
    for key in ("service_tier", "processing"):
        if key in stated and tier is not None and stated[key] != tier:
            message = f"service_tier is {tier}, but the response states {stated[key]}"
            raise RefusedEvent("service_tier", "contradictory_service_tier", message)
    first, *others = read.calls or (ModelCall(CallUsage(NO_TOKENS)),)
    usage = CallUsage(
        first.usage.pools, {**first.usage.other_units, **units}, {**first.usage.price_context, **selected}
    )
    return read._replace(
        calls=(first._replace(usage=usage), *others),
        places={**read.places, **places, **dict.fromkeys(selected, "service_tier")},
    )


def _refuse_units(place: str, stated_at: str) -> NoReturn:
    raise RefusedEvent(place, "units_and_response", f"{place} is also stated by the response, at {stated_at}")
