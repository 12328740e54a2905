"""Builds the parts of a function from its configuration, each on first use."""

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import UTC, datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from shared.adapters.catalog_file import CatalogFile
from shared.adapters.memory import InlineTickPublisher, MemoryStore
from shared.adapters.smtp import SmtpMailSender
from shared.config import Config, load_config
from shared.domain.errors import ConfigurationError, UsageError
from shared.domain.notices.mail_templates import Links
from shared.domain.prices.catalog import catalog_providers
from shared.logs import write_json_lines
from shared.ports import (
    BillingStore,
    Directory,
    Endpoints,
    IdentityVerifier,
    MailSender,
    Members,
    Operations,
    Outbox,
    PriceBooks,
    PushVerifier,
    Reconciliations,
    SignatureCheck,
    StripeGateway,
    TickPublisher,
    UsageStore,
)
from shared.usecases.billing.billing_dependencies import BillingDependencies
from shared.usecases.ledger.fold_lag import FoldLag
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.ledger.reconciliation_turns import ReconciliationTurns
from shared.usecases.limits.check_limits import Limits, Thresholds
from shared.usecases.limits.limit_rates import RateLimits
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.notices.deliver import Deliverer, DeliveryDependencies
from shared.usecases.notices.raise_alerts import AlertRaiser
from shared.usecases.people.authenticate import KeyAuthenticator
from shared.usecases.people.authenticate_member import MemberAuthenticator
from shared.usecases.prices.read_prices import PriceReader
from shared.usecases.tick_jobs import TickJobs

if TYPE_CHECKING:
    from shared.adapters.firestore import FirestoreRpc


NEW_OBJECTS_PER_COLLECTION = 50_000
"""Python's default of 700 would start several collections in every batch."""


def utc_now() -> datetime:
    """Return the current time. Only the edge reads a clock; all other code takes `now` as an argument."""
    return datetime.now(UTC)


@lru_cache(maxsize=1)
def process_memory() -> MemoryStore:
    """Return the in-memory store that all functions of this process share."""
    return MemoryStore()


class Container:
    """The parts of one function, built on first use.

    Packages of vendors are imported where they are used, so that a function needs and loads only its own. No
    channel may exist before the server has forked.
    """

    def __init__(self, config: Config, clock: Callable[[], datetime] = utc_now) -> None:
        self.config = config
        self.clock = clock

    @cached_property
    def usage(self) -> UsageStore:
        if self.config.store == "memory":
            return process_memory()
        from shared.adapters.firestore import FirestoreUsageStore

        return FirestoreUsageStore(self._rpc, self.config.retention)

    @cached_property
    def directory(self) -> Directory:
        if self.config.store == "memory":
            return process_memory()
        from shared.adapters.firestore import FirestoreDirectory

        return FirestoreDirectory(self._rpc)

    @cached_property
    def price_books(self) -> PriceBooks:
        if self.config.store == "memory":
            return process_memory()
        from shared.adapters.firestore import FirestorePriceBooks

        return FirestorePriceBooks(self._rpc)

    @cached_property
    def outbox(self) -> Outbox:
        if self.config.store == "memory":
            return process_memory()
        from shared.adapters.firestore import FirestoreOutbox

        return FirestoreOutbox(self._rpc)

    @cached_property
    def endpoints(self) -> Endpoints:
        if self.config.store == "memory":
            return process_memory()
        from shared.adapters.firestore import FirestoreEndpoints

        return FirestoreEndpoints(self._rpc)

    @cached_property
    def members(self) -> Members:
        if self.config.store == "memory":
            return process_memory()
        from shared.adapters.firestore import FirestoreMembers

        return FirestoreMembers(self._rpc)

    @cached_property
    def billing(self) -> BillingDependencies:
        """The billing store, and Stripe if a key is configured."""
        return BillingDependencies(
            self._billing_store, self._stripe, self.config.grace, self.config.second_subscription
        )

    @cached_property
    def verify_signature(self) -> SignatureCheck:
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

        slots = max(1, self.config.threads // 2)
        return StripeApi(self.config.stripe_api_key, self.config.stripe_api_base, slots)

    @cached_property
    def tick_verifier(self) -> PushVerifier | None:
        """Recognise who pushes ticks; None if no sender is configured."""
        if self.config.tick_sender is None:
            return None
        from shared.adapters.push_tokens import PushTokens

        return PushTokens(self.config.tick_sender)

    @cached_property
    def _reconciliations(self) -> Reconciliations:
        if self.config.store == "memory":
            return process_memory()
        from shared.adapters.firestore import FirestoreReconciliations

        return FirestoreReconciliations(self._rpc)

    @cached_property
    def publisher(self) -> TickPublisher:
        if self.config.store == "memory":
            return InlineTickPublisher(lambda message: self.jobs.run(message, self.clock()))
        from shared.adapters.pubsub import PubsubTickPublisher

        return PubsubTickPublisher(self.config.project_id, self.config.tick_topic)

    @cached_property
    def jobs(self) -> TickJobs:
        return TickJobs(
            folder=self.folder,
            deliverer=self.deliverer,
            billing=self.billing,
            publisher=self.publisher,
            turns=ReconciliationTurns(self._reconciliations),
        )

    @cached_property
    def deliverer(self) -> Deliverer:
        from shared.adapters.webhook_posts import WebhookPosts

        stores = DeliveryDependencies(
            outbox=self.outbox,
            endpoints=self.endpoints,
            directory=self.directory,
            members=self.members,
            mail=self._mail_sender,
            webhooks=WebhookPosts(allow_local=self.config.local_webhooks),
            links=self.links,
            operator_email=self.config.operator_email,
        )
        return Deliverer(stores, self.clock)

    @cached_property
    def _mail_sender(self) -> MailSender | None:
        if self.config.smtp:
            return SmtpMailSender(self.config.smtp, self.config.mail_from)
        if self.config.mail_collection and self.config.store == "firestore":
            from shared.adapters.firestore import FirestoreMailDocuments

            return FirestoreMailDocuments(self._rpc, self.config.mail_collection)
        return None

    @cached_property
    def links(self) -> Links:
        """The pages that mails link to."""
        return Links(self.config.web_origin)

    @cached_property
    def alerts(self) -> AlertRaiser:
        return AlertRaiser(
            store=self.usage,
            members=self.members,
            outbox=self.outbox,
            thresholds=self.thresholds,
            links=self.links,
        )

    @cached_property
    def authenticator(self) -> KeyAuthenticator:
        return KeyAuthenticator(self.directory)

    @cached_property
    def sign_in(self) -> MemberAuthenticator:
        return MemberAuthenticator(self.identities, self.members)

    @cached_property
    def identities(self) -> IdentityVerifier:
        if self.config.store == "memory":
            return process_memory()
        from shared.adapters.firebase_auth import FirebaseIdentities

        return FirebaseIdentities(self.config.project_id)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.usage)

    @cached_property
    def fold_lag(self) -> FoldLag:
        return FoldLag(self.usage)

    @cached_property
    def events(self) -> EventRecorder:
        return EventRecorder(self.ledger, self.prices, self.config.takes_estimates)

    @cached_property
    def prices(self) -> PriceReader:
        path = self.config.price_catalog
        return PriceReader(self.price_books, CatalogFile(Path(path)) if path else None)

    @cached_property
    def limits(self) -> Limits:
        return Limits(self.ledger, self.thresholds)

    @cached_property
    def rates(self) -> RateLimits:
        return RateLimits(self.thresholds)

    @cached_property
    def folder(self) -> TenantFolder:
        return TenantFolder(self.usage, self.thresholds.policy_of, self.alerts, self.config.day_limits)

    @cached_property
    def thresholds(self) -> Thresholds:
        return Thresholds(self.config.soft_percent, self.config.hard_percent)

    @cached_property
    def _rpc(self) -> "FirestoreRpc":
        from shared.adapters.firestore.rpc import FirestoreRpc, open_channel

        emulator = self.config.firestore_emulator
        connect = partial(open_channel, emulator)
        return FirestoreRpc(self.config.project_id, connect, is_emulator=emulator is not None)

    def request(self) -> AbstractContextManager[Operations]:
        """Limit how long the calls within the block wait for the store in total; yield their count."""
        return nullcontext(Operations()) if self.config.store == "memory" else self._rpc.request()

    def load_prices(self) -> None:
        """Load the price catalog, which takes most of a second, before a request needs it."""
        catalog_providers()
        self.prices.refresh_catalog(self.clock())

    def first_call(self) -> None:
        """Open the channel to the store, which takes a second, before a request needs it."""
        # If the store is unavailable, the next request reports it.
        with suppress(UsageError):
            self.directory.find_key("warm-up")


def start(
    *,
    required: Iterable[str] = (),
    required_when_deployed: Iterable[str] = (),
    takes_members: bool = False,
    prices_events: bool = False,
) -> Container:
    """Return the container of this process; exit with a list of all problems if the configuration is invalid.

    `required` names variables that this function needs, `required_when_deployed` those that are not needed on a
    developer's machine. What it needs for members and for prices is prepared in the
    serving process, beside its first requests.
    """
    try:
        config = load_config(os.environ, required, required_when_deployed)
    except ConfigurationError as error:
        sys.exit(error.message)
    write_json_lines(config.project_id)
    container = Container(config)
    if config.store == "firestore":
        sign_in = [lambda: container.sign_in] if takes_members else []
        prices = [container.load_prices] if prices_events else []
        _after_fork([*prices, container.first_call, *sign_in])
    return container


def _after_fork(warm_ups: Sequence[Callable[[], object]]) -> None:
    """Run `warm_ups` in the worker that functions-framework forks after it has imported main.py."""

    def run() -> None:
        for warm_up in warm_ups:
            warm_up()
        _limit_garbage_collection()

    os.register_at_fork(
        after_in_child=lambda: threading.Thread(target=run, name="warm-up", daemon=True).start()
    )


def _limit_garbage_collection() -> None:
    """Collect cyclic garbage rarely, and never among the modules and the price catalog loaded at start-up.

    A batch of 500 events creates thousands of objects without cycles; collecting took a fifth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS_PER_COLLECTION)
