"""What the commands about Stripe do: keep its catalog, and compare billing with it."""

from argparse import Namespace
from collections.abc import Iterator

from shared.bootstrap import Container
from shared.domain.errors import NotFound
from shared.domain.plan_mapping import catalog_to_sell
from shared.usecases.reconcile_billing import reconcile_all, reconcile_tenant
from tools.admin.commands import Answer


def sync_catalog(container: Container, _options: Namespace) -> Answer:
    """Create what the catalog sells in Stripe, and repair what is not as it should be."""
    return Answer({"changes": container.billing.stripe.sync_catalog(catalog_to_sell())})


def reconcile(container: Container, options: Namespace) -> Answer:
    """Report what Stripe says otherwise; with `--repair`, let Stripe's word count, and look once more."""
    drift = dict(_drift(container, options.tenant, repair=options.repair))
    left = drift
    if options.repair:
        left = {tenant_id: found for one in drift for tenant_id, found in _drift(container, one)}
    fields = {"drift": _rows(drift), "left": _rows(left)}
    return Answer(fields, is_good=not left)


def _drift(
    container: Container, tenant_id: str | None, *, repair: bool = False
) -> Iterator[tuple[str, list[str]]]:
    """The tenants, or the one that is named, of which Stripe says otherwise."""
    billing, now = container.billing, container.clock()
    if tenant_id is None:
        yield from reconcile_all(billing, repair=repair, now=now)
        return
    if container.directory.find_tenant(tenant_id) is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    found = reconcile_tenant(billing, tenant_id, repair=repair, now=now)
    if found:
        yield tenant_id, found


def _rows(drift: dict[str, list[str]]) -> list[dict[str, str]]:
    return [{"tenant_id": tenant_id, "what": what} for tenant_id, found in drift.items() for what in found]
