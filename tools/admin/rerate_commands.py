"""The command that rates events again whose prices were not known when they were recorded."""

from argparse import Namespace
from datetime import date
from typing import Any

from shared.container import Container
from shared.domain.errors import InvalidInput
from shared.domain.ledger.periods import Period, start_of
from shared.domain.metering.rerating import Difference
from shared.domain.prices.book_prices import Prices
from shared.domain.prices.money import usd_string
from shared.usecases.metering.rerate_events import Rerating
from shared.usecases.people.manage_tenants import existing_tenant
from tools.admin.commands import Answer, change_of
from tools.admin.parsing import Command, add, add_tenant


def rerate(container: Container, options: Namespace) -> Answer:
    """Show the difference that the prices of now make, by model; with `--apply`, correct each event once."""
    if options.starts >= options.ends:
        raise InvalidInput(f"--from {options.starts} is not before --to {options.ends}")
    if options.apply and not options.reason.strip():
        raise InvalidInput("say why with --reason: it is shown with each event")
    tenant, now = existing_tenant(container.directory, options.tenant), container.clock()
    within = Period(start_of(options.starts), start_of(options.ends))
    rerating = Rerating(container.usage, tenant, within, Prices(tenant.id, container.prices.current(now)))
    change = change_of(container).because(options.reason)
    difference = rerating.apply(change) if options.apply else rerating.dry_run()
    return Answer({"tenant_id": tenant.id, "applied": options.apply, "models": _rows(difference)})


def _rows(difference: Difference) -> list[dict[str, Any]]:
    return [
        {
            "provider": series.provider,
            "model": series.model,
            "events": of_model.rated,
            "cost_usd": usd_string(of_model.cost_nanousd),
            "still_unpriced": of_model.still_unpriced,
        }
        for series, of_model in sorted(difference.by_series.items())
    ]


def add_rerate(subjects: Any) -> None:
    """Add the command `rerate`."""
    command = add(
        subjects,
        Command(
            name="rerate",
            run=rerate,
            help="show what events without a price would cost now, by model; correct them with --apply",
            example='rerate --tenant acme --from 2026-11-01 --to 2026-12-01 --apply --reason "priced now"',
            changes=True,
        ),
    )
    add_tenant(command)
    command.add_argument(
        "--from", dest="starts", required=True, type=date.fromisoformat, help="the first day"
    )
    command.add_argument(
        "--to", dest="ends", required=True, type=date.fromisoformat, help="the day after the last one"
    )
    command.add_argument("--apply", action="store_true", help="correct each of these events once")
    command.add_argument("--reason", default="", help="shown with each event, and kept in the audit log")
