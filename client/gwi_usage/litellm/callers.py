"""The tenant, the user, the workflow, the run and the tags of a call, as the metadata of LiteLLM states them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gwi_usage.contexts import Context

_PREFIX = "gwi."
_TAG = "gwi.tags."
_TAG_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_MAX_TAGS = 5
_REFERENCES = ("tenant_id", "user_id", "workflow_id")
_RUNS = ("run_id", "parent_run_id")
_MAX_SHORT_CHARS = 128
_USERS = ("user_api_key_end_user_id", "user_api_key_user_id")
_NO_USER = "default_user_id"
"""The user that the proxy names for its master key."""


def caller_of(call: Mapping[str, Any]) -> Context:
    """Return who makes a call. `call` is what LiteLLM passes to hooks, or its `litellm_params` with the `user`.

    In the proxy, the metadata of a virtual key comes before that of its team, and both before the request's. Only
    they name a tenant: whoever has a key of the proxy must not use up what another tenant has left.
    """
    metadata = _metadata(call)
    of_key = _of_key(call) if call.get("proxy_server_request") else None
    stated = {**metadata, **(of_key or {})}
    fields: dict[str, Any] = {name: text_of(stated.get(_PREFIX + name)) for name in _REFERENCES}
    fields |= {name: text_of(stated.get(_PREFIX + name), _MAX_SHORT_CHARS) for name in _RUNS}
    if of_key is not None:
        fields["tenant_id"] = text_of(of_key.get(_PREFIX + "tenant_id"))
    fields["user_id"] = fields["user_id"] or _user(call, metadata)
    return Context(**fields, tags=dict(list(_tags(stated))[:_MAX_TAGS]))


def _metadata(call: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of a request, which the proxy keeps in either of two places."""
    found: dict[str, Any] = {}
    for name in ("metadata", "litellm_metadata"):
        part = _mapping(call.get(name))
        found |= {**_mapping(part.get("requester_metadata")), **part}
    return found


def _of_key(call: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of the team and of the key, from the place that only the proxy itself writes to."""
    place = _mapping(call.get("litellm_metadata")) or _mapping(call.get("metadata"))
    return {
        **_mapping(place.get("user_api_key_team_metadata")),
        **_mapping(place.get("user_api_key_metadata")),
    }


def _user(call: Mapping[str, Any], metadata: Mapping[str, Any]) -> str | None:
    named = map(text_of, (call.get("user"), *map(metadata.get, _USERS)))
    return next((text for text in named if text not in (None, _NO_USER)), None)


def _tags(stated: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return the tags, and those of LiteLLM's own that read `name:value`."""
    own = stated.get("tags")
    pairs = [tag.partition(":")[::2] for tag in own if isinstance(tag, str)] if isinstance(own, list) else []
    pairs += [(name.removeprefix(_TAG), value) for name, value in stated.items() if name.startswith(_TAG)]
    for name, value in pairs:
        text = text_of(value, _MAX_SHORT_CHARS)
        if text and _TAG_NAME.fullmatch(name):
            yield name, text


def text_of(value: object, limit: int = 256) -> str | None:
    """Return a name that the service takes: a caller of the proxy must not escape metering by a name it refuses."""
    if not isinstance(value, str | int):
        return None
    return "".join(filter(str.isprintable, str(value)[:limit])).strip() or None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
