"""The usage of one tenant, as its key may read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from gwi_usage.errors import GwiError

_TIMEOUT = 30.0


class NotRead(GwiError):
    """A question about usage that the service refused, or did not answer."""


@dataclass(frozen=True, kw_only=True)
class UsageReader:
    """Reads with a key that has the scope `usage:read`; `url` is the address of the dashboard."""

    url: str
    key: str
    tenant_id: str

    async def read(self, *path: str, **query: str | int) -> dict[str, Any]:
        """Return the answer at a path below the tenant's; raise NotRead with the reason if there is none."""
        names = "/".join(quote(name, safe="") for name in ("tenants", self.tenant_id, *path))
        headers = {"Authorization": f"Bearer {self.key}"}
        try:
            async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=_TIMEOUT) as http:
                response = await http.get(f"/api/v1/{names}", params=query)
            content = response.json()
        except (httpx.HTTPError, ValueError) as error:
            message = f"The service at {self.url} did not answer as GWI Usage does: {type(error).__name__}."
            raise NotRead(message) from error
        if response.is_error or not isinstance(content, dict):
            raise NotRead(_reason(response.status_code, content))
        return content


def _reason(status: int, content: object) -> str:
    problem = content if isinstance(content, dict) else {}
    return f"{problem.get('detail') or 'The service refused.'} ({problem.get('code') or f'HTTP {status}'})"
