"""The commands about all data of a tenant: export it, erase a user from it, delete it."""

import json
from argparse import Namespace
from collections import deque
from datetime import datetime
from pathlib import Path
from typing import Any

from shared.container import Container
from shared.domain.errors import InvalidInput
from shared.domain.people.tenants import Tenant
from shared.usecases.people.manage_tenants import existing_tenant
from shared.usecases.people.tenant_data import (
    LAST_KIND,
    ExportedStores,
    deletable_tenant,
    delete_tenant,
    erase_user,
    export_tenant,
)
from tools.admin.commands import Answer, change_of
from tools.admin.parsing import Command, add

_PARTIAL = ".partial"
_NO_EXPORT = "is no complete export of this tenant since its end; run `tenant export` first"


def add_tenant_data(actions: Any) -> None:
    """Add `tenant export` and `tenant delete`."""
    example = "tenant export --id acme --output acme.jsonl"
    export = add(
        actions,
        Command(
            name="export", run=export_data, help="write all data of a tenant as JSON lines", example=example
        ),
    )
    export.add_argument("--id", required=True)
    export.add_argument("--output", required=True, type=Path, metavar="FILE")
    delete = add(
        actions,
        Command(
            name="delete",
            run=delete_data,
            help="delete a tenant that ended 30 days ago, and all its data",
            example='tenant delete --id acme --export acme.jsonl --reason "contract ended"',
            changes=True,
        ),
    )
    delete.add_argument("--id", required=True)
    delete.add_argument("--export", required=True, type=Path, metavar="FILE", help="its complete export")
    delete.add_argument("--reason", default="", help="kept in the platform's audit log")


def add_user(subjects: Any) -> None:
    """Add `user erase`."""
    actions = subjects.add_parser("user", help="erase a user of a tenant's agents").add_subparsers(
        required=True, metavar="{erase}"
    )
    erase = add(
        actions,
        Command(
            name="erase",
            run=erase_data,
            help="remove a user and the metadata from the events that name the user",
            example='user erase --tenant acme --user ann@example.com --reason "request 7"',
            changes=True,
        ),
    )
    erase.add_argument("--tenant", required=True, metavar="ID")
    erase.add_argument("--user", required=True, metavar="ID", help="the `user_id` of the events")
    erase.add_argument("--reason", default="", help="kept in the audit trail")


def export_data(container: Container, options: Namespace) -> Answer:
    """Write the lines beside the file, which appears when it is complete."""
    stores = ExportedStores(
        container.directory,
        container.members,
        container.usage,
        container.billing.store,
        container.endpoints,
    )
    existing_tenant(container.directory, options.id)
    partial = options.output.with_name(options.output.name + _PARTIAL)
    count = 0
    try:
        with partial.open("w") as file:
            for line in export_tenant(stores, options.id, container.clock()):
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                count += 1
        partial.replace(options.output)
    except OSError as error:
        raise InvalidInput(f"{partial} cannot be written: {error.strerror}") from error
    return Answer({"tenant_id": options.id, "file": str(options.output), "lines": count})


def delete_data(container: Container, options: Namespace) -> Answer:
    """Delete a tenant; repeated after an interruption, do what is left."""
    tenant = deletable_tenant(container.directory, options.id, container.clock())
    _require_export(options.export, tenant)
    change = change_of(container).because(options.reason)
    steps = deque(delete_tenant(container.tenant_data, tenant, change), maxlen=1)
    return Answer({"tenant_id": tenant.id, "deleted": steps[0] if steps else 0})


def erase_data(container: Container, options: Namespace) -> Answer:
    """Erase a user; the audit entry counts the events, and does not name the user."""
    existing_tenant(container.directory, options.tenant)
    rewritten = deque(erase_user(container.tenant_data, options.tenant, options.user), maxlen=1)[0][0]
    change = change_of(container).because(options.reason)
    container.tenant_data.add_audit(change.entry(options.tenant, "user.erased", None, f"{rewritten} events"))
    return Answer({"tenant_id": options.tenant, "events": rewritten})


def _require_export(path: Path, tenant: Tenant) -> None:
    """Raise InvalidInput unless the file is a complete export of the tenant that was made after its end."""
    try:
        with path.open() as file:
            number, text = deque(enumerate(file), maxlen=1)[0]
        last = json.loads(text)
        is_complete = (last["kind"], last["tenant_id"], last["lines"]) == (LAST_KIND, tenant.id, number)
        is_recent = (
            tenant.ended_at is not None and datetime.fromisoformat(last["exported_at"]) >= tenant.ended_at
        )
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, LookupError, TypeError) as error:
        raise InvalidInput(f"{path} {_NO_EXPORT}") from error
    if not (is_complete and is_recent):
        raise InvalidInput(f"{path} {_NO_EXPORT}")
