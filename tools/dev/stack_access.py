"""How demo data gets into a stack: through the admin tool and over HTTP, again while a part is overloaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.dev.admin_calls import Admin
from tools.dev.loopback import json_of, post_json
from tools.dev.retries import Retries


@dataclass(frozen=True, kw_only=True)
class StackAccess:
    """The admin tool of a stack and the ports of its parts; each call repeats what an overloaded part refuses."""

    admin: Admin
    ports: Mapping[str, int]
    retries: Retries

    def run_admin(self, command: tuple[str, ...]) -> dict[str, Any]:
        """Return the answer of the admin tool to a command."""
        return self.retries(lambda: self.admin(command))

    def post(self, url: tuple[str, str], content: object, api_key: str | None = None) -> Any:
        """Return the JSON that a part answers; `url` is the part's name and the path."""
        part, path = url
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        return self.retries(
            lambda: json_of(post_json(self.ports[part], path, content, headers=headers), f"posting to {path}")
        )
