"""`python -m gwi_usage.mcp`: what a tenant uses, for editors and agents that speak MCP; it only reads."""

from __future__ import annotations

import os
import sys
from datetime import date, datetime, timedelta, timezone
from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from gwi_usage.usage import NotRead, UsageReader

_VARIABLES = ("GWI_URL", "GWI_KEY", "GWI_TENANT")
_INSTRUCTIONS = (
    "Usage of AI agents as GWI Usage has metered it. Money is in US dollars, as decimal text. A cost whose "
    "cost_status is not complete leaves something out: say so, and never call it the whole cost."
)
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)


def server(reader: UsageReader) -> MCPServer[Any]:
    """Return the MCP server of one tenant."""
    usage = MCPServer[Any](name="gwi-usage", instructions=_INSTRUCTIONS, log_level="WARNING")

    @usage.tool(annotations=_READS)
    async def what_is_left() -> dict[str, Any]:
        """Return what is left of the plan in this metering period, and of each budget."""
        used, budgets = await _read(reader, "usage"), await _read(reader, "budgets")
        return {"plan": used["status"], "budgets": budgets["budgets"]}

    @usage.tool(annotations=_READS)
    async def run_cost(
        run_id: Annotated[str, Field(min_length=1, description="The id of the run.")],
    ) -> dict[str, Any]:
        """Return what one run has used and cost, its status, and what is left of its budget."""
        return await _read(reader, "runs", run_id)

    @usage.tool(annotations=_READS)
    async def who_spent_most(
        group_by: Annotated[
            str, Field(description="`user`, `workflow`, `key`, or `tag:` and the name of a tag.")
        ] = "user",
        days: Annotated[int, Field(ge=1, le=90, description="How many days, up to today.")] = 30,
        limit: Annotated[int, Field(ge=1, le=50)] = 10,
    ) -> dict[str, Any]:
        """Return the users, workflows, API keys or values of a tag that cost most, the most costly first."""
        tomorrow = _today() + timedelta(days=1)
        dates = {"from": (tomorrow - timedelta(days=days)).isoformat(), "to": tomorrow.isoformat()}
        return await _read(reader, "usage", "top", group_by=group_by, limit=limit, **dates)

    @usage.tool(annotations=_READS)
    async def why_refused() -> dict[str, Any]:
        """Return which limits refused runs today, how often, and the reason of the last refusal of each."""
        return await _read(reader, "refusals")

    return usage


async def _read(reader: UsageReader, *path: str, **query: str | int) -> dict[str, Any]:
    try:
        return await reader.read(*path, **query)
    except NotRead as refusal:
        raise ToolError(str(refusal)) from refusal


def _today() -> date:
    return datetime.now(timezone.utc).date()


def main() -> int:
    """Serve on standard input and output until they are closed; return the exit code."""
    url, key, tenant_id = (os.environ.get(name, "") for name in _VARIABLES)
    if not (url and key and tenant_id):
        print(f"Set {', '.join(_VARIABLES)}.", file=sys.stderr)
        return 2
    server(UsageReader(url=url, key=key, tenant_id=tenant_id)).run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
