"""The port for what is done to all data of a tenant: a person is erased from it, or it is deleted."""

from collections.abc import Collection
from typing import NamedTuple, Protocol

from shared.domain.people.audit import AuditEntry


class ErasedEvents(NamedTuple):
    """The events of a page that were rewritten, and the place at which to go on; None after the last page."""

    rewritten: int
    next_place: str | None


class TenantData(Protocol):
    """All that is stored of a tenant. Each method may be repeated after Unavailable."""

    def erase_user(self, tenant_id: str, user_id: str, place: str | None = None) -> ErasedEvents:
        """Remove the user and the metadata from those of the next events that name the user.

        Ids, fingerprints, times, tokens and costs stay, so that repetitions are still recognised and sums still
        agree. Events are in the order of their documents; an event that expires meanwhile is left out.
        """

    def erase_name(self, tenant_id: str, user_id: str, other_budgets: Collection[str] = ()) -> int:
        """Remove the user from runs, sums by name and budgets, and return how many documents had the name.

        `other_budgets` are the keys of budgets whose values are no users.
        What the user used is then part of the rest, and no budget counts it any more. A fold that is under way may
        bring the name back: repeat it.
        """

    def add_audit(self, entry: AuditEntry) -> None:
        """Store an audit entry of its own."""

    def delete_some(self, tenant_id: str) -> int:
        """Delete some of what belongs to the tenant, and return how much; 0 if only the tenant itself is left.

        Its members' accounts stay, and so do its trial and its mails and webhooks, which expire.
        """

    def delete_tenant(self, tenant_id: str, audit: AuditEntry) -> None:
        """Delete the tenant with its row in the platform's list and the links of its Stripe customers.

        The entry goes to the platform's audit log, in the same commit. Do nothing if there is no such tenant.
        """
