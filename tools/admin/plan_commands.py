"""The commands about the platform's plans, and about moving tenants to their newest versions."""

from argparse import Namespace
from collections.abc import Mapping

from shared.container import Container
from shared.domain.errors import Conflict
from shared.domain.limits.plan_file import format_plans, parse_plans
from shared.domain.people.audit import Change
from shared.usecases.billing.migrate_plan import Migration, Move, PlanMigrator
from shared.usecases.limits.manage_plans import PlanChanges
from shared.usecases.people.manage_tenants import known_plan
from tools.admin.commands import DIFFERS, Answer, change_of
from tools.admin.files import read_text

_SHOWN_CHANGES = 20
_MOVED = "moved"


def show_plans(container: Container, options: Namespace) -> Answer:
    """Print the file of plans, or the last changes."""
    if options.changes_only:
        changes = container.plan_manager.catalogs.list_plan_changes(_SHOWN_CHANGES)
        rows = [
            {"at": each.at.isoformat(), "actor": each.actor, "action": each.action, "reason": each.reason}
            for each in changes
        ]
        return Answer({"changes": rows})
    catalog = container.plan_manager.read()
    text = format_plans(catalog)
    versions = {plan.id: plan.version for plan in catalog.plans}
    fields = {"version": catalog.version, "plan_versions": versions, "plans": text}
    return Answer(fields, text=f"# version {catalog.version}\n{text}")


def diff_plans(container: Container, options: Namespace) -> Answer:
    """Show what a file would change."""
    offered = parse_plans(read_text(options.file))
    return _answer(container.plan_manager.preview(offered, container.clock()))


def apply_plans(container: Container, options: Namespace) -> Answer:
    """Replace the plans by those of a file."""
    offered = parse_plans(read_text(options.file))
    change = change_of(container).because(options.reason)
    return _answer(container.plan_manager.replace(offered, change))


def migrate_plan(container: Container, options: Namespace) -> Answer:
    """Show which tenants would get the newest version of a plan; with `--apply`, move them."""
    plan = known_plan(container.plan_manager.read(), options.plan)
    tenant_ids = frozenset(options.tenant) if options.tenant else None
    migrator = PlanMigrator(
        container.billing, container.plan_manager.catalogs, container.ledger, container.thresholds.policy_of
    )
    migration = Migration(plan, options.from_version, tenant_ids)
    moves = list(migrator.find_moves(migration, container.clock()))
    change = change_of(container).because(options.reason)
    rows = [
        {
            "tenant_id": move.tenant_id,
            "from": move.before.version,
            "to": move.after.version,
            "result": _result(migrator, move, change if options.apply else None),
        }
        for move in moves
    ]
    is_left = options.apply and any(row["result"] != _MOVED for row in rows)
    return Answer({"plan": plan.id, "moves": rows}, exit_code=DIFFERS if is_left else 0)


def _result(migrator: PlanMigrator, move: Move, change: Change | None) -> str:
    if move.refusal:
        return f"refused: {move.refusal}"
    if change is None:
        return "would be moved"
    try:
        migrator.apply(move, change)
    except Conflict as error:
        return f"refused: {error.message}"
    return _MOVED


def _answer(changes: PlanChanges) -> Answer:
    rows = [
        {"plan": each.plan, "version": each.version, "what": what, "tenants": _counts(each.tenants)}
        for each in changes.plans
        for what in each.what
    ]
    return Answer({"version": changes.version, "plans": rows, "others": list(changes.others)})


def _counts(tenants: Mapping[int, int]) -> str:
    return ", ".join(f"{count} on version {version}" for version, count in tenants.items()) or "none"
