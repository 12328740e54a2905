"""Builds what a function needs from its configuration, each part on first use: one place, one seam for tests."""

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from shared.adapters.memory import InlineTickPublisher, MemoryStore
from shared.config import Config, load_config
from shared.domain.errors import ConfigurationError, UsageError
from shared.ports import (
    BillingStore,
    Directory,
    IdentityVerifier,
    Members,
    SignatureCheck,
    StripeGateway,
    TickPublisher,
    UsageStore,
)
from shared.usecases.billing.billing_dependencies import BillingDependencies
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.check_limits import Limits, Thresholds
from shared.usecases.notices.raise_alerts import AlertRaiser
from shared.usecases.people.authenticate import KeyAuthenticator
from shared.usecases.people.authenticate_member import MemberAuthenticator
from shared.usecases.tick_jobs import TickJobs

if TYPE_CHECKING:
    from shared.adapters.firestore import FirestoreRpc


NEW_OBJECTS_PER_COLLECTION = 50_000
"""Python's own default is 700: several times in every batch."""


def utc_now() -> datetime:
    """The clock at the edge; everything below takes `now` as an argument."""
    return datetime.now(UTC)


@lru_cache(maxsize=1)
def process_memory() -> MemoryStore:
    """The one in-memory store of this process, which all of its functions share."""
    return MemoryStore()


class Container:
    """The parts of one function, built on first use, so each function needs only its own vendors' packages.

    Vendors are imported where they are built: a channel must not exist before the server has forked, and a
    function that records must not pay for the import of what only another one uses.
    """

    def __init__(self, config: Config, clock: Callable[[], datetime] = utc_now) -> None:
        self.config = config
        self.clock = clock

    @cached_property
    def usage(self) -> UsageStore:
        """Events, counters and rollups."""
        if self.config.store == "memory":
            return process_memory()
        from shared.adapters.firestore import FirestoreUsageStore

        return FirestoreUsageStore(self._rpc, self.config.retention)

    @cached_property
    def directory(self) -> Directory:
        """Tenants and keys."""
        if self.config.store == "memory":
            return process_memory()
        from shared.adapters.firestore import FirestoreDirectory

        return FirestoreDirectory(self._rpc)

    @cached_property
    def members(self) -> Members:
        """Who belongs to which tenant."""
        if self.config.store == "memory":
            return process_memory()
        from shared.adapters.firestore import FirestoreMembers

        return FirestoreMembers(self._rpc)

    @cached_property
    def billing(self) -> BillingDependencies:
        """What is kept of billing, and Stripe, if there is a key for it."""
        return BillingDependencies(self._billing_store, self._stripe, self.config.grace)

    @cached_property
    def verify_signature(self) -> SignatureCheck:
        """Verifies Stripe's webhooks."""
        from shared.adapters.stripe import verify_signature

        return verify_signature

    @cached_property
    def _billing_store(self) -> BillingStore:
        if self.config.store == "memory":
            return process_memory()
        from shared.adapters.firestore import FirestoreBillingStore

        return FirestoreBillingStore(self._rpc)

    @cached_property
    def _stripe(self) -> StripeGateway | None:
        if self.config.stripe_api_key is None:
            return None
        from shared.adapters.stripe import StripeApi

        return StripeApi(self.config.stripe_api_key, self.config.stripe_api_base)

    @cached_property
    def publisher(self) -> TickPublisher:
        """Hands on parts of a fold."""
        if self.config.store == "memory":
            return InlineTickPublisher(lambda message: self.jobs.run(message, self.clock()))
        from shared.adapters.pubsub import PubsubTickPublisher

        return PubsubTickPublisher(self.config.project_id, self.config.tick_topic)

    @cached_property
    def jobs(self) -> TickJobs:
        """What ticks ask for."""
        return TickJobs(folder=self.folder, billing=self.billing, publisher=self.publisher)

    @cached_property
    def alerts(self) -> AlertRaiser:
        """Raise alerts after each fold."""
        return AlertRaiser(
            store=self.usage,
            members=self.members,
            thresholds=self.thresholds,
            web_origin=self.config.web_origin,
        )

    @cached_property
    def authenticator(self) -> KeyAuthenticator:
        """Whom keys act for."""
        return KeyAuthenticator(self.directory)

    @cached_property
    def sign_in(self) -> MemberAuthenticator:
        """Who is signed in, and what they may do."""
        return MemberAuthenticator(self.identities, self.members)

    @cached_property
    def identities(self) -> IdentityVerifier:
        """The accounts of people."""
        if self.config.store == "memory":
            return process_memory()
        from shared.adapters.firebase_auth import FirebaseIdentities

        return FirebaseIdentities(self.config.project_id)

    @cached_property
    def ledger(self) -> Ledger:
        """Usage as it is now."""
        return Ledger(self.usage)

    @cached_property
    def limits(self) -> Limits:
        """What holds tenants to their plans."""
        return Limits(self.ledger, self.thresholds)

    @cached_property
    def folder(self) -> TenantFolder:
        """What folds usage, and raises alerts by it."""
        return TenantFolder(self.usage, self.thresholds.policy_of, self.alerts)

    @cached_property
    def thresholds(self) -> Thresholds:
        """Percentages that warn and block by default."""
        return Thresholds(self.config.soft_percent, self.config.hard_percent)

    @cached_property
    def _rpc(self) -> "FirestoreRpc":
        from shared.adapters.firestore.rpc import FirestoreRpc, open_channel

        emulator = self.config.firestore_emulator
        return FirestoreRpc(self.config.project_id, open_channel(emulator), is_emulator=emulator is not None)

    def first_call(self) -> None:
        """Open the channel to the store, which takes a second, before a request needs it."""
        # A warm-up has no caller. The next request reports a store that is away.
        with suppress(UsageError):
            self.directory.find_key("warm-up")


def start(
    *warm_ups: Callable[[], object], required: Iterable[str] = (), takes_members: bool = False
) -> Container:
    """The container of this process; a configuration with holes stops it with one message that lists them all.

    `required` names what this function cannot do without; `warm_ups`, and getting ready for members where they
    call, run beside the first requests of the process that serves.
    """
    try:
        config = load_config(os.environ, required)
    except ConfigurationError as error:
        sys.exit(error.message)
    container = Container(config)
    if config.store == "firestore":
        ready_for_members = [lambda: container.sign_in] if takes_members else []
        _after_fork([*warm_ups, container.first_call, *ready_for_members])
    return container


def _after_fork(warm_ups: Sequence[Callable[[], object]]) -> None:
    """Run in the child: functions-framework imports main.py, then forks the worker that serves."""

    def run() -> None:
        for warm_up in warm_ups:
            warm_up()
        _spare_the_collector()

    os.register_at_fork(
        after_in_child=lambda: threading.Thread(target=run, name="warm-up", daemon=True).start()
    )


def _spare_the_collector() -> None:
    """Have Python look for cyclic garbage rarely, and never in what start-up made: modules and the price catalog.

    A batch of 500 events makes thousands of objects and no cycles; looking cost a fifth of the time of a batch.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS_PER_COLLECTION)
