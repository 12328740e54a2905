"""The store of the platform's plans."""

from collections.abc import Iterator
from typing import Protocol

from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.people.audit import AuditEntry
from shared.domain.people.tenants import Tenant


class StalePlans(Exception):
    """The plans have changed since they were read: read them again and retry."""


class PlanCatalogs(Protocol):
    """The platform's plans; the newest catalog has every version of them that was ever offered.

    Any method raises Unavailable when the store does not respond.
    """

    def read_plans(self, known: PlanCatalog) -> PlanCatalog:
        """Return the newest catalog: `known` itself if it is that one, or if none was ever saved."""

    def save_plans(self, catalog: PlanCatalog, audit: AuditEntry) -> None:
        """Replace the catalog before `catalog`, and keep the audit entry, which the platform's audit log shows too.

        Raise StalePlans if it is not the newest.
        """

    def list_plan_changes(self, limit: int) -> list[AuditEntry]:
        """Return the last changes, newest first."""

    def list_plan_holders(self) -> Iterator[Tenant]:
        """Yield every tenant with all that concerns its plan, in the order of their ids.

        Only for the platform, because it crosses tenants.
        """
