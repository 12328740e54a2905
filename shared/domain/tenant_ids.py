"""The ids of tenants, which become part of the names of their documents."""

import re
from typing import Annotated, Final

from pydantic import StringConstraints

TENANT_ID: Final = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
TenantId = Annotated[str, StringConstraints(pattern=rf"^{TENANT_ID}$")]


def is_tenant_id(text: str) -> bool:
    """Return whether `text` is safe as a tenant id."""
    return re.fullmatch(TENANT_ID, text) is not None
