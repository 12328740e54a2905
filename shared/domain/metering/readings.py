"""Reads what an event used: from its token counts, its response or its stream, and its units."""

from typing import Final

from shared.domain.metering.events import MeteringEvent, ServiceTier
from shared.domain.metering.refusals import RefusedEvent
from shared.domain.metering.responses.errors import ExtractionError
from shared.domain.metering.responses.extraction import Extracted, extract
from shared.domain.metering.responses.streams import assemble
from shared.domain.metering.units import Units
from shared.domain.prices.catalog import ResolvedProvider
from shared.domain.prices.token_pools import NO_TOKENS, CallUsage

UNFINISHED_STREAM: Final = "response_stream"


def read_usage(event: MeteringEvent, provider: ResolvedProvider) -> Extracted | None:
    """Return what the event states that it used; None if it states nothing. Raises RefusedEvent."""
    if event.response is None and event.response_stream is None:
        if event.response_format is not None:
            raise RefusedEvent("response_format", "response_missing", "response_format requires a response")
        read = Extracted("tokens", (CallUsage(event.tokens.pools),)) if event.tokens else None
    else:
        _refuse_two_sources(event)
        read = _read_response(event, provider)
    if event.service_tier is not None and read is not None:
        read = _at_tier(event.service_tier, read)
    return _with_units(event.units, read) if event.units else read


def _refuse_two_sources(event: MeteringEvent) -> None:
    if event.tokens is not None:
        field = "response" if event.response is not None else "response_stream"
        raise RefusedEvent(field, "tokens_and_response", f"send either tokens or {field}, not both")
    if event.response is not None and event.response_stream is not None:
        message = "send either response or response_stream, not both"
        raise RefusedEvent("response_stream", "response_and_stream", message)


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


def _at_tier(tier: ServiceTier, read: Extracted) -> Extracted:
    """Return what was read, to be priced at the caller's tier. The response may not state another one."""
    key = "processing" if tier == "batch" else "service_tier"
    stated = {**(read.calls[0].price_context if read.calls else {})}
    other = next(
        (stated[each] for each in ("service_tier", "processing") if stated.get(each, tier) != tier), None
    )
    if other is not None:
        message = f"service_tier is {tier}, but the response states {other}"
        raise RefusedEvent("service_tier", "contradictory_service_tier", message)
    if tier == "standard" or key in stated:
        return read
    calls = (call._replace(price_context={**call.price_context, key: tier}) for call in read.calls)
    return read._replace(calls=tuple(calls), places={**read.places, key: "service_tier"})


def _with_units(units: Units, read: Extracted | None) -> Extracted | None:
    """Add the caller's own units to what was read. The response may not state them too."""
    read = read or Extracted("units", ())
    for unit, place in units.places.items():
        if unit in read.places:
            message = f"{place} is also stated by the response, at {read.places[unit]}"
            raise RefusedEvent(place, "units_and_response", message)
    if not units.counts:
        return read if read.calls else None
    first, *others = read.calls or (CallUsage(NO_TOKENS),)
    calls = (first._replace(other_units={**first.other_units, **units.counts}), *others)
    return read._replace(calls=calls, places={**read.places, **units.places})
