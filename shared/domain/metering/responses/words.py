"""The words of a response that select its price: service tier, batch, speed, region."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from shared.domain.metering.responses.flat_usage import FlatUsage
from shared.domain.metering.responses.layouts import Body, Layout, Word, owner

_SAME: Final[Mapping[str, str]] = {"on_demand_flex": "flex", "on_demand_priority": "priority"}
"""Vertex's own words, in the catalog's."""
_SELECTING: Final = frozenset(
    {
        *("service_tier", "servicetier", "tier", "speed", "region", "inference_geo", "inferencegeo"),
        *("traffic_type", "traffictype", "processing", "priority", "latency"),
    }
)
"""Names of fields that select a price somewhere: one that no layout reads may not be ignored."""
_BASE: Final = frozenset({"default", "standard", "on_demand", "global", "normal"})


class Words(NamedTuple):
    """The words that select another price than the base price, and the path of each."""

    context: dict[str, str]
    places: dict[str, str]


def read_words(body: Body, layout: Layout, flat: FlatUsage) -> Words:
    """Read the words of `layout`, and take them out of `flat` unless they contradict each other."""
    words = Words({}, {})
    for each in layout.words:
        value = owner(body, each.path.split(".")).get(each.path.rpartition(".")[2])
        if value is None:
            continue
        said = str(value).lower()
        said = _SAME.get(said, said)
        if said in each.base or words.context.get(each.selects) == said:
            flat.pop(_below(layout, each), None)
        elif each.selects not in words.context:
            flat.pop(_below(layout, each), None)
            words.context[each.selects] = said
            words.places[each.selects] = each.path
    if words.context.get("service_tier") == "batch":
        words.context["processing"] = words.context.pop("service_tier")
        words.places["processing"] = words.places.pop("service_tier")
    return words


def _below(layout: Layout, each: Word) -> str:
    return each.path.removeprefix(f"{layout.root}.")


def selects_a_price(path: str, value: object) -> bool:
    """Return whether a value that nothing has read could be a word that selects a price."""
    name = path.rpartition(".")[2].lower()
    return isinstance(value, str) and name in _SELECTING and value.lower() not in _BASE
