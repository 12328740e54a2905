"""Owns the whole audit trail of a tenant, which tests read from its beginning."""

from shared.domain.people.audit import AuditEntry
from shared.ports import Directory


def trail_of(directory: Directory, tenant_id: str = "acme") -> list[AuditEntry]:
    """Every entry, oldest first; a test leaves few."""
    page = directory.list_audit(tenant_id, limit=100)
    assert page.next_cursor is None
    return page.items[::-1]
