"""The commands about Stripe: keep its catalog, and compare billing with it."""

from argparse import Namespace
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from shared.container import Container
from shared.domain.billing.plan_mapping import catalog_to_sell
from shared.domain.errors import NotFound, UsageError
from shared.domain.people.audit import Change
from shared.usecases.billing import link_customer
from shared.usecases.billing.reconcile_billing import reconcile_tenant, repair_tenant
from shared.usecases.billing.stripe_changes import EVENT_TYPES
from tools.admin.commands import COULD_NOT, DIFFERS, Answer, change_of

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Found:
    """The differences from Stripe, and the tenants that could not be compared."""

    drift: list[Row] = field(default_factory=list)
    failed: list[Row] = field(default_factory=list)

    @property
    def tenant_ids(self) -> list[str]:
        """The tenants that have drift, each once."""
        return list(dict.fromkeys(row["tenant_id"] for row in self.drift))


def sync_catalog(container: Container, options: Namespace) -> Answer:
    """Create what the catalog sells in Stripe, and repair what is not as it should be; the endpoint if asked."""
    api = container.billing.stripe
    changes = api.sync_catalog(catalog_to_sell(container.plans()))
    if options.webhook_url is None:
        return Answer({"changes": changes})
    endpoint = api.sync_endpoint(options.webhook_url, sorted(EVENT_TYPES))
    # Stripe does not show the secret again: whoever loses it makes a new endpoint.
    secret = {"webhook_secret": endpoint.secret} if endpoint.secret else {}
    return Answer({"changes": changes + endpoint.changes, **secret})


def reconcile(container: Container, options: Namespace) -> Answer:
    """Report what Stripe says otherwise; with `--repair`, let Stripe's word count, and look once more."""
    repair = change_of(container).because(options.reason) if options.repair else None
    found = _look(container, _tenants(container, options.tenant), repair)
    left = _look(container, found.tenant_ids) if repair else found
    failed = found.failed if left is found else found.failed + left.failed
    fields = {"drift": found.drift, "left": left.drift, "failed": failed}
    differs = DIFFERS if left.drift else 0
    return Answer(fields, exit_code=COULD_NOT if failed else differs)


def link(container: Container, options: Namespace) -> Answer:
    """Link a customer of Stripe to a tenant, and take over its subscriptions and invoices."""
    change = change_of(container).because(options.reason)
    changes = link_customer.link_customer(container.billing, options.tenant, options.customer, change)
    return Answer({"tenant_id": options.tenant, "customer": options.customer, "changes": changes})


def unlink(container: Container, options: Namespace) -> Answer:
    """End the link of a customer: its subscriptions grant the tenant nothing any more."""
    change = change_of(container).because(options.reason)
    link_customer.unlink_customer(container.billing, options.tenant, options.customer, change)
    return Answer({"tenant_id": options.tenant, "unlinked": options.customer})


def _tenants(container: Container, tenant_id: str | None) -> Iterable[str]:
    if tenant_id is None:
        return container.billing.store.list_tenants()
    if container.directory.find_tenant(tenant_id) is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    return [tenant_id]


def _look(container: Container, tenant_ids: Iterable[str], repair: Change | None = None) -> _Found:
    billing, found = container.billing, _Found()
    _ = billing.stripe  # without a key, one complaint instead of one for each tenant
    for tenant_id in tenant_ids:
        try:
            if repair is None:
                drift = reconcile_tenant(billing, tenant_id, repair=False, now=container.clock())
            else:
                drift = repair_tenant(billing, tenant_id, replace(repair, at=container.clock()))
        except UsageError as error:
            found.failed.append({"tenant_id": tenant_id, "why": f"{error.code}: {error.message}"})
            continue
        found.drift.extend({"tenant_id": tenant_id, "what": what} for what in drift)
    return found
