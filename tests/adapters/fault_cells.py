"""Runs a scenario on an empty database, with or without one failed call, and reads everything that it leaves."""

import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, fields
from datetime import timedelta
from itertools import product
from typing import Any, NamedTuple
from uuid import uuid4

import grpc

from shared.adapters.firestore import (
    FirestoreAdmissions,
    FirestoreBillingStore,
    FirestoreDirectory,
    FirestoreEndpoints,
    FirestoreMargins,
    FirestoreMembers,
    FirestoreOperators,
    FirestoreOutbox,
    FirestorePlanCatalogs,
    FirestorePriceBooks,
    FirestoreReconciliations,
    FirestoreRpc,
    FirestoreServiceStatus,
    FirestoreTenantData,
    FirestoreTenantIndex,
    FirestoreUsageStore,
)
from shared.adapters.firestore.encoding import get_fields
from shared.adapters.firestore.queries import StructuredQuery
from shared.ports import (
    Admissions,
    BillingStore,
    Directory,
    Endpoints,
    Margins,
    Members,
    Operators,
    Outbox,
    PlanCatalogs,
    PriceBooks,
    Reconciliations,
    ServiceStatus,
    TenantData,
    TenantIndex,
    UsageStore,
)
from tests.adapters.interceptors import ChosenFailures, RecordedCalls
from tests.usecases.fault_injection import counted

FAILURES = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)
_RETENTION = timedelta(days=40)
_RANDOM_NAME = re.compile(r"(?<=audit/)[0-9a-f]{32}$")
_RANDOM_FIELD = "nonce"
_APART = 7
"""More calls than a transaction has: its repetition succeeds."""


@dataclass(frozen=True, slots=True)
class Stores:
    """All ports of one database."""

    usage: UsageStore
    admissions: Admissions
    directory: Directory
    members: Members
    operators: Operators
    billing: BillingStore
    outbox: Outbox
    endpoints: Endpoints
    price_books: PriceBooks
    plan_catalogs: PlanCatalogs
    reconciliations: Reconciliations
    tenant_index: TenantIndex
    tenant_data: TenantData
    margins: Margins
    service: ServiceStatus

    @classmethod
    def on(cls, rpc: FirestoreRpc) -> "Stores":
        """Open the ports on a database."""
        return cls(
            FirestoreUsageStore(rpc, _RETENTION),
            FirestoreAdmissions(rpc),
            FirestoreDirectory(rpc),
            FirestoreMembers(rpc),
            FirestoreOperators(rpc),
            FirestoreBillingStore(rpc),
            FirestoreOutbox(rpc),
            FirestoreEndpoints(rpc),
            FirestorePriceBooks(rpc),
            FirestorePlanCatalogs(rpc),
            FirestoreReconciliations(rpc),
            FirestoreTenantIndex(rpc),
            FirestoreTenantData(rpc),
            FirestoreMargins(rpc),
            FirestoreServiceStatus(rpc),
        )


Scenario = Callable[[Stores], Sequence[object]]
"""Uses the stores, and returns the answers that its callers get."""


class Fault(NamedTuple):
    """The failure of one call of a scenario, before or after the server did its part."""

    call: int
    code: grpc.StatusCode
    is_done: bool

    def __str__(self) -> str:
        return f"call {self.call} {self.code.name} {'after' if self.is_done else 'before'} its effect"


Faults = Sequence[Fault]
"""The faults of one run, by the numbers that its calls have with repetitions."""


class Left(NamedTuple):
    """The end of a scenario: the answers, and every document, without random names and values."""

    answered: Sequence[object]
    documents: Sequence[str]


class Undisturbed(NamedTuple):
    """A scenario without a fault: its end, its calls to Firestore, and the methods of the ports that it used."""

    left: Left
    calls: Sequence[str]
    methods: Set[str]


class Laboratory:
    """Runs scenarios in databases of the emulator, each in a new one."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel

    def run(self, scenario: Scenario) -> Undisturbed:
        """Run a scenario without a fault."""
        project_id, recorded = _new_project(), RecordedCalls()
        stores = Stores.on(self._rpc(project_id, recorded))
        ports = {field.name: counted(getattr(stores, field.name)) for field in fields(Stores)}
        answered = scenario(Stores(**{name: port for name, (port, _) in ports.items()}))
        used = {f"{name}.{method}" for name, (_, calls) in ports.items() for method in calls}
        return Undisturbed(Left(answered, _documents(self._rpc(project_id))), recorded.methods, used)

    def run_with(self, scenario: Scenario, faults: Faults) -> Left:
        """Run a scenario with faults; an exception that ends it is an answer too."""
        project_id = _new_project()
        failing = ChosenFailures({fault.call: (fault.code, fault.is_done) for fault in faults})
        try:
            answered = scenario(Stores.on(self._rpc(project_id, failing)))
        except Exception as error:  # noqa: BLE001 (of any kind: the scenario has none without the fault)
            answered = [error]
        return Left(answered, _documents(self._rpc(project_id)))

    def _rpc(self, project_id: str, *interceptors: Any) -> FirestoreRpc:
        channel = grpc.intercept_channel(self._channel, *interceptors)
        return FirestoreRpc(project_id, lambda: channel, is_emulator=True)


def whole_product(calls: Sequence[str]) -> Iterator[Faults]:
    """Yield a run for each failure of each call, before and after its effect."""
    return ([Fault(*cell)] for cell in product(range(len(calls)), FAILURES, (False, True)))


def sample(calls: Sequence[str]) -> Iterator[Faults]:
    """Yield runs in which every seventh call fails, two of three after its effect; each begins with another call."""
    for first in range(min(_APART, len(calls))):
        numbers = enumerate(range(first, 2 * len(calls), _APART), start=first)
        yield [Fault(call, FAILURES[number % len(FAILURES)], number % 3 > 0) for number, call in numbers]


def _new_project() -> str:
    return f"demo-{uuid4().hex[:12]}"


def _documents(rpc: FirestoreRpc) -> list[str]:
    """Return every document of a database as text, in a stable order."""
    query = StructuredQuery()
    query.from_.add(all_descendants=True)  # without a name: every collection
    return sorted(_text(document) for document in rpc.query(rpc.documents, query))


def _text(document: Any) -> str:
    path = _RANDOM_NAME.sub("*", document.name.partition("/documents/")[2])
    stored = {name: value for name, value in get_fields(document.fields).items() if name != _RANDOM_FIELD}
    return f"{path} {_sorted(stored)}"


def _sorted(value: object) -> object:
    """Return a value whose maps are in the order of their keys."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return value
