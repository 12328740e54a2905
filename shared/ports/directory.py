"""Where tenants, their keys and their audit trail are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.people.tenants import ApiKey, AuditEntry, Tenant
from shared.ports.pages import Page


class Directory(Protocol):
    """Holds tenants, their keys and their audit trail. Any method raises Unavailable when it does not answer."""

    def create_tenant(self, tenant: Tenant, key: ApiKey, audit: AuditEntry) -> None:
        """Create the tenant with its first key; Conflict if the id is taken."""

    def find_tenant(self, tenant_id: str) -> Tenant | None:
        """The tenant of that id."""

    def set_plan(self, tenant_id: str, plan: str, audit: AuditEntry) -> None:
        """Change the plan; NotFound if there is no such tenant."""

    def find_key(self, key_id: str) -> ApiKey | None:
        """The key whose hash is `key_id`, valid or not."""

    def list_keys(self, tenant_id: str) -> list[ApiKey]:
        """The tenant's keys, valid or not, oldest first."""

    def save_keys(self, keys: Sequence[ApiKey], audit: AuditEntry) -> None:
        """Create or replace keys, all or none; but what is revoked stays so, and `last_used_at` as it is stored."""

    def touch_key(self, key_id: str, used_at: datetime) -> None:
        """Note when the key was used, and nothing else of it; a key that is not stored stays that. Waits only briefly
        for the store: whoever asks has something else to do."""

    def set_alert_recipients(self, tenant_id: str, emails: Sequence[str], audit: AuditEntry) -> None:
        """Replace the tenant's alert recipients; NotFound if there is no such tenant."""

    def list_audit(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[AuditEntry]:
        """The tenant's audit trail, newest first; InvalidInput for a bad cursor."""
