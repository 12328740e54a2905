"""The model of the catalog that a caller names. A name is never taken for a shorter one with something behind it."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from shared.domain.prices.providers import ID_OF_ALIAS

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

_TUNED: Final = re.compile(r"^ft:|\.ft-")
_TUNED_NAME: Final = re.compile(r"^ft:(?P<base>[^:]+)(?::|$)|^(?P<azure>.+)\.ft-")
_ROUTES: Final = frozenset({"nitro", "floor"})
"""OpenRouter's suffixes that choose among providers: the model's listed price holds."""
_ADDS_A_FEE: Final = frozenset({"online"})

_PATH: Final = re.compile(
    r"^(?:projects/[^/]+/locations/[^/]+/)?(?:publishers/[^/]+/)?models/(?P<model>[^/]+)$"
    r"|^arn:aws[a-z-]*:bedrock:[^:]*:[^:]*:(?:foundation-model|inference-profile|application-inference-profile)/(?P<arn>.+)$"
)
_DATE: Final = r"\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{2}-\d{2}|\d{8}|\d{6}|\d{4}|\d{3}"
_VERSION: Final = re.compile(
    rf"^(?:[-@._]?(?:{_DATE}|v\d+(?:[.:]\d+)*(?::\d+k)?|latest|preview|exp|experimental|stable|beta)|:\d+k?)*$"
)
"""A model's name may be followed by a date, a version or `latest`. Anything else is another model."""
_REGION: Final = re.compile(r"^(?:.*/)?(?:[a-z]{2,6}(?:-[a-z]+)*\.)?(?:[a-z0-9]+\.)?$")
"""It may be preceded by a region and a publisher, as Bedrock writes them."""


class NamedModel(NamedTuple):
    """A model of the catalog, and whether its name adds something that has no price: a plugin, a fine-tuning."""

    model: "ModelInfo"
    adds_fee: bool = False


def find_model(seller: "Provider", name: str, everyone: "list[Provider]") -> NamedModel | None:
    """Return the model that `seller` sells under this name; None if the catalog does not list it."""
    for candidate in _candidates(seller, name.strip().lower()):
        found = seller.find_model(candidate, all_providers=everyone)
        if found is not None and _is_same(candidate, found):
            return NamedModel(found)
    if (tuned := _TUNED_NAME.match(name)) is not None:
        return _with_fee(find_model(seller, tuned["base"] or tuned["azure"], everyone), adds_fee=True)
    base, _, suffix = name.rpartition(":")
    if suffix in _ROUTES | _ADDS_A_FEE:
        return _with_fee(find_model(seller, base, everyone), adds_fee=suffix in _ADDS_A_FEE)
    return None


def _with_fee(found: NamedModel | None, *, adds_fee: bool) -> NamedModel | None:
    return found and found._replace(adds_fee=found.adds_fee or adds_fee)


def _candidates(seller: "Provider", name: str) -> Iterator[str]:
    """Yield the name as it is, and without the paths and prefixes that clouds and client libraries put before it."""
    yield name
    path = _PATH.match(name)
    if path:
        name = path["model"] or path["arn"]
        yield name
    prefix, slash, rest = name.partition("/")
    if slash and ID_OF_ALIAS.get(prefix, prefix) == seller.id:
        yield rest
        if (nested := _PATH.match(rest)) is not None:
            yield nested["model"] or nested["arn"]


def _is_same(name: str, model: "ModelInfo") -> bool:
    """Return whether a name that the catalog's own search matched is the model's, up to a version or a region."""
    if name.startswith(model.id.lower()) and _VERSION.match(name.removeprefix(model.id.lower())):
        return True
    for kind, text in _texts(model.match):
        if kind == "equals" and text == name:
            return True
        if kind == "regex":
            # One without an end says how a name begins, or only what it does not contain.
            if text.endswith("$") and re.search(text, name):
                return True
        elif text and text in name:
            if _TUNED.search(text):
                return True  # what follows is the owner's own name
            before, _, after = name.partition(text)
            if _REGION.match(before) and _VERSION.match(after):
                return True
    return False


def _texts(clause: Any) -> Iterator[tuple[str, str]]:
    """Yield each text of a clause of the catalog, in lower case, with the kind of its match."""
    for inner in getattr(clause, "or_", None) or getattr(clause, "and_", None) or ():
        yield from _texts(inner)
    for kind in ("equals", "starts_with", "contains", "ends_with", "regex"):
        text = getattr(clause, kind, None)
        if isinstance(text, str):
            yield kind, text if kind == "regex" else text.lower()
