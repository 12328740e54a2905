"""`make drill`: back a filled emulator up, lose everything, restore it, and verify every tenant."""

import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from time import monotonic

from shared.adapters.firestore.encoding import get_fields
from shared.adapters.firestore.queries import StructuredQuery
from shared.adapters.firestore.rpc import FirestoreRpc, open_channel
from shared.bootstrap import configured
from shared.container import Container
from shared.domain.metering.events import parse_events
from shared.usecases.ledger.verify_counters import verify_counters
from shared.usecases.metering.recorded import Batch
from tools.dev.admin_calls import admin_of, environment_of_process
from tools.dev.demo_history import demo_events
from tools.dev.emulators import firestore_emulator
from tools.dev.errors import StackError
from tools.dev.functions import local_settings
from tools.dev.settings import PROJECT_ID

_TENANTS = ("acme", "bolt")
_FOLDED = _TENANTS[:1]
"""The other one has counters alone: a backup may come between recording and the fold."""
_DATABASE = f"projects/{PROJECT_ID}/databases/(default)"
_SECONDS = 120
_BATCH = 500
_NAME = "backup"
_HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer owner"}


class Emulator:
    """The emulator's own requests about all of its data."""

    def __init__(self, host: str, folder: Path) -> None:
        self.host = host
        self._folder = folder

    def export(self) -> None:
        """Write all documents into the folder."""
        self._post("export", {"export_directory": str(self._folder), "export_name": _NAME})

    def restore(self) -> None:
        """Read the documents of the export."""
        file = self._folder / _NAME / f"{_NAME}.overall_export_metadata"
        self._post("import", {"export_directory": str(file)})

    def wipe(self) -> None:
        """Delete every document."""
        self._ask("DELETE", f"/emulator/v1/{_DATABASE}/documents")

    def _post(self, action: str, content: dict[str, str]) -> None:
        self._ask("POST", f"/emulator/v1/projects/{PROJECT_ID}:{action}", {"database": _DATABASE, **content})

    def _ask(self, method: str, path: str, content: object = None) -> None:
        connection = HTTPConnection(self.host, timeout=_SECONDS)
        try:
            connection.request(method, path, json.dumps(content), _HEADERS)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
            if response.status != 200:
                raise StackError(f"{method} {path} answered {response.status}: {text}")
        finally:
            connection.close()


def main() -> int:
    """Return 0 if what was restored is what was backed up, without drift; else 1."""
    with tempfile.TemporaryDirectory(prefix="drill-") as folder, firestore_emulator() as host:
        environment = {**local_settings(), "GWI_STORE": "firestore", "FIRESTORE_EMULATOR_HOST": host}
        with environment_of_process(environment):
            container = configured()
        fill(container, environment)
        problems = drill(container, Emulator(host, Path(folder)))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def fill(container: Container, environment: dict[str, str]) -> None:
    """Record the demo's month for each tenant, and fold one of them."""
    admin, now = admin_of(environment), container.clock()
    events = iter(demo_events(now))
    batches = list(iter(lambda: list(islice(events, _BATCH)), []))
    for tenant_id in _TENANTS:
        admin(("tenant", "create", "--id", tenant_id, "--name", tenant_id.title()))
        tenant = container.usage.read(tenant_id).tenant
        if tenant is None:
            raise StackError(f"tenant {tenant_id} was not created")
        for items in batches:
            batch = Batch(items, now, None)
            prepared = container.events.prepare(tenant, parse_events(items, batch.problems), batch)
            container.events.store(tenant, prepared, now)
    for tenant_id in _FOLDED:
        due = dict.fromkeys((ref.day for ref in container.usage.dirty_counters(tenant_id)), 1)
        container.folder.fold(tenant_id, due, now)


def drill(container: Container, emulator: Emulator) -> list[str]:
    """Export, wipe, restore and verify, saying what each step found; return what is not as before."""
    before = list(_documents(emulator.host))
    _timed(f"export of {len(before)} documents", emulator.export)
    _timed("loss of all of them", emulator.wipe)
    if left := list(_documents(emulator.host)):
        return [f"{len(left)} documents are still there: nothing was lost, so nothing is shown"]
    _timed("restore", emulator.restore)
    after = list(_documents(emulator.host))
    print(f"{len(after)} documents are back, {len({*before} ^ {*after})} differ")
    differing = sorted({name for name, _ in {*before} ^ {*after}})
    return [*(f"{name} is not as it was" for name in differing), *_drifts(container)]


def _drifts(container: Container) -> Iterator[str]:
    for tenant_id in _TENANTS:
        found = verify_counters(container.usage, tenant_id, container.config.retention, container.clock())
        print(f"verify {tenant_id}: {found.events} events, {len(found.drifts)} drift")
        if not found.events:
            yield f"{tenant_id} has no events"
        yield from (f"{tenant_id}: {drift}" for drift in found.drifts)


def _documents(host: str) -> Iterable[tuple[str, str]]:
    """Yield the name of every document, and a hash of its fields."""
    query = StructuredQuery()
    query.from_.add(all_descendants=True)  # without a name: every collection
    with open_channel(host) as channel:
        rpc = FirestoreRpc(PROJECT_ID, lambda: channel, is_emulator=True)
        for document in rpc.query(rpc.documents, query):
            fields = json.dumps(get_fields(document.fields), sort_keys=True, default=str)
            yield document.name, hashlib.sha256(fields.encode()).hexdigest()


def _timed(step: str, run: Callable[[], None]) -> None:
    started = monotonic()
    run()
    print(f"{step}: {monotonic() - started:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
