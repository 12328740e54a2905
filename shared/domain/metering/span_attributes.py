"""The attributes of spans that are read, of current and previous GenAI conventions. All others are dropped unread."""

from collections.abc import Mapping
from typing import Final

from shared.domain.metering.responses.span_format import SPAN_USAGE

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = ("gen_ai.provider.name", "gen_ai.system")
REQUEST_MODEL: Final = ("gen_ai.request.model",)
RESPONSE_MODEL: Final = ("gen_ai.response.model",)
RESPONSE_ID: Final = ("gen_ai.response.id",)
SERVICE_TIER: Final = (
    *("openai.response.service_tier", "anthropic.response.service_tier"),
    *("gen_ai.openai.response.service_tier", "gen_ai.response.service_tier"),
)
TOTAL_TOKENS: Final = "llm.usage.total_tokens"
TOOL_NAME: Final = ("gen_ai.tool.name", "traceloop.entity.name")
AGENT_NAME: Final = (
    *("gen_ai.agent.name", "gen_ai.workflow.name", "traceloop.entity.name", "traceloop.workflow.name"),
)
TENANT: Final = ("gwi.tenant_id", "traceloop.association.properties.tenant_id")
USER: Final = (
    *("gwi.user_id", "user.id", "enduser.id", "traceloop.association.properties.user_id"),
    *("gen_ai.request.user", "llm.user"),
)
WORKFLOW: Final = ("gwi.workflow_id", "gen_ai.workflow.name", "traceloop.workflow.name")
RUN: Final = ("gwi.run_id", "gen_ai.agent.call.id")
# Logfire keeps what a nested agent overwrites.
PARENT_RUN: Final = ("gwi.parent_run_id", "baggage_conflict.gen_ai.agent.call.id")
TAG: Final = "gwi.tags."
USAGE: Final = f"{SPAN_USAGE}."
REQUEST_TYPE: Final = "llm.request.type"
ENTITY_KIND: Final = "traceloop.span.kind"
LOGFIRE_TYPE: Final = "logfire.span_type"

_PREFIXES: Final = (USAGE, TAG)
_READ: Final = frozenset(
    {
        *(OPERATION, TOTAL_TOKENS, REQUEST_TYPE, ENTITY_KIND, LOGFIRE_TYPE),
        *(*PROVIDER, *REQUEST_MODEL, *RESPONSE_MODEL, *RESPONSE_ID, *SERVICE_TIER, *TOOL_NAME, *AGENT_NAME),
        *(*TENANT, *USER, *WORKFLOW, *RUN, *PARENT_RUN),
    }
)


def is_read(name: str) -> bool:
    """Return whether an attribute is read. Prompts and completions are not."""
    return name in _READ or name.startswith(_PREFIXES)


def first_of(attributes: Mapping[str, object], names: tuple[str, ...]) -> tuple[str, object] | None:
    """Return the first of the named attributes that is present and not empty, with its name."""
    for name in names:
        value = attributes.get(name)
        if value not in (None, ""):
            return name, value
    return None
