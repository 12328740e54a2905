"""The cost of an event, and how much of it is known."""

from typing import Literal, NamedTuple

CostStatus = Literal["exact", "client", "incomplete", "unknown"]
"""`exact`: nothing that the response states is left out. `client`: the caller's own estimate. `incomplete`: at least
this much, because a part of the response has no price or could not be read. `unknown`: the model has no price."""

CLIENT_PRICE = "client"
LOCAL_PRICE = "local"
PROVIDER_PRICE = "provider"


class EventCost(NamedTuple):
    """The cost of an event. An event that cannot cost anything has no status."""

    status: CostStatus | None = None
    nanousd: int | None = None
    """None, never 0, if nothing of the cost is known."""
    source: str | None = None
    """`client`, `local`, `provider` (the bill that the response states), or the version of the price catalog."""
    unread: tuple[str, ...] = ()
    """The parts of the response that the cost leaves out, as paths: `usage.server_tool_use.code_executions`."""
    catalog_nanousd: int | None = None
    """The catalog's figure, where the provider's own bill is the cost."""


NO_COST = EventCost()
