"""The command that lists tenants: all of them in the order of their ids, or by filters."""

from argparse import Namespace
from collections.abc import Mapping
from itertools import islice

from shared.container import Container
from shared.domain.errors import InvalidInput
from shared.domain.people.tenant_rows import RowsWanted, TenantRow
from shared.domain.prices.money import usd_string
from shared.http.people.tenant_files import tenants_file
from tools.admin.commands import Answer, instant_text


def list_tenants(container: Container, options: Namespace) -> Answer:
    """List tenants in the order of their ids, or with filters from the platform's list."""
    wanted = RowsWanted(
        q=options.search,
        plan=options.plan,
        status=options.status,
        over_80=options.over_80 or None,
        past_due=options.past_due or None,
        sort=options.sort or "created",
    )
    is_plain = not options.csv and options.cursor is None and options.sort is None
    if is_plain and wanted == RowsWanted():
        return Answer({"tenants": _by_id(container, options.after, options.limit)})
    if options.after is not None:
        raise InvalidInput("--after is for a list without filters: with them, go on with --cursor")
    if options.csv:
        file = tenants_file(container.tenant_index, wanted, options.cursor, container.clock())
        return Answer({"csv": file.text, "next_cursor": file.next_cursor}, text=file.text)
    page = container.tenant_index.list_rows(wanted, limit=options.limit, cursor=options.cursor)
    rows = [_row(container, row) for row in page.items]
    return Answer({"tenants": rows, "next_cursor": page.next_cursor})


def _by_id(container: Container, after: str | None, limit: int) -> list[Mapping[str, object]]:
    ids = islice(container.billing.store.list_tenants(after), limit)
    tenants = (container.directory.find_tenant(tenant_id) for tenant_id in ids)
    return [
        {
            "id": tenant.id,
            "name": tenant.name,
            "plan": tenant.plan,
            "plan_version": tenant.plan_version,
            "created_at": tenant.created_at.isoformat(),
            "suspended_at": instant_text(tenant.suspended_at),
            "ended_at": instant_text(tenant.ended_at),
        }
        for tenant in tenants
        if tenant
    ]


def _row(container: Container, row: TenantRow) -> Mapping[str, object]:
    usage = row.usage.at(container.clock()) if row.usage else None
    return {
        "id": row.id,
        "name": row.tenant.name,
        "plan": row.tenant.plan,
        "status": row.tenant.status,
        "subscription": row.tenant.subscription_status,
        "mrr_usd": usd_string(row.tenant.mrr_nanousd),
        "has_second_subscription": row.tenant.has_second_subscription,
        "usage_percent": usage and usage.percent_hundredths / 100,
        "tokens": usage and usage.tokens,
        "runs": usage and usage.runs,
        "cost_usd": usage and usd_string(usage.cost_nanousd),
        "last_event_at": instant_text(usage.last_event_at) if usage else None,
        "folded_at": usage and usage.folded_at.isoformat(),
    }
