"""The parts of a function, built from its configuration, each on first use."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from shared.adapters.catalog_file import CatalogFile
from shared.adapters.default_plans import default_plans
from shared.adapters.memory import InlineTickPublisher
from shared.config import Config
from shared.domain.errors import UsageError
from shared.domain.limits.plan_catalog import CurrentPlans
from shared.domain.notices.mail_templates import Links
from shared.domain.prices.catalog import catalog_providers
from shared.ports import (
    IdentityVerifier,
    PushVerifier,
    SignatureCheck,
    StripeGateway,
    TickPublisher,
)
from shared.stores import Storage, process_memory
from shared.usecases.billing.billing_dependencies import BillingDependencies
from shared.usecases.billing.estimate_prices import PriceEstimator
from shared.usecases.billing.refresh_margins import MarginRefresher
from shared.usecases.ledger.fold_lag import FoldLag
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.ledger import Ledger, PeriodUsage
from shared.usecases.ledger.reconciliation_turns import ReconciliationTurns
from shared.usecases.limits.admit_runs import RunAdmitter
from shared.usecases.limits.check_limits import Limits, Thresholds
from shared.usecases.limits.estimate_hold import HoldEstimator
from shared.usecases.limits.export_slots import ExportSlots
from shared.usecases.limits.keep_refusals import RefusalKeeper
from shared.usecases.limits.limit_rates import RateLimits
from shared.usecases.limits.manage_plans import PlanManager
from shared.usecases.limits.read_plans import PlanReader
from shared.usecases.limits.tenant_rows import TenantRows
from shared.usecases.metering.publish_usage import UsagePublisher
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.metering.record_for_tenants import PlatformRecorder
from shared.usecases.notices.deliver import Deliverer, DeliveryDependencies
from shared.usecases.notices.raise_alerts import AlertRaiser
from shared.usecases.notices.raise_budget_alerts import BudgetAlertRaiser
from shared.usecases.notices.raise_overruns import OverrunRaiser
from shared.usecases.people.authenticate import KeyAuthenticator
from shared.usecases.people.authenticate_member import MemberAuthenticator
from shared.usecases.people.named_tenants import NamedTenants
from shared.usecases.platform.compute_overview import OverviewRefresher
from shared.usecases.platform.stripe_failures import FailureKeeper
from shared.usecases.platform.tick_history import TickHistory
from shared.usecases.prices.read_prices import PriceReader
from shared.usecases.tick_jobs import TickJobs


def utc_now() -> datetime:
    """Return the current time. Only the edge reads a clock; all other code takes `now` as an argument."""
    return datetime.now(UTC)


class Container(Storage):
    """The parts of one function, built on first use.

    Packages of vendors are imported where they are used, so that a function needs and loads only its own. No
    channel may exist before the server has forked.
    """

    def __init__(self, config: Config, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__(config)
        self.clock = clock

    @cached_property
    def plan_manager(self) -> PlanManager:
        return PlanManager(self._stores.plan_catalogs, default_plans())

    @cached_property
    def plans(self) -> CurrentPlans:
        reader = PlanReader(self._stores.plan_catalogs, default_plans())
        return lambda: reader.current(self.clock())

    @cached_property
    def billing(self) -> BillingDependencies:
        """The billing store, and Stripe if a key is configured."""
        return BillingDependencies(
            self._stores.billing,
            self._stripe,
            self.config.grace,
            self.plans,
            self.config.second_subscription,
        )

    @cached_property
    def verify_signature(self) -> SignatureCheck:
        from shared.adapters.stripe import verify_signature

        return verify_signature

    @cached_property
    def _stripe(self) -> StripeGateway | None:
        if self.config.stripe_api_key is None:
            return None
        from shared.adapters.stripe import StripeApi

        slots = max(1, self.config.threads // 2)
        return StripeApi(self.config.stripe_api_key, self.config.stripe_api_base, self.plans, slots)

    @cached_property
    def tick_verifier(self) -> PushVerifier | None:
        """Recognise who pushes ticks; None if no sender is configured."""
        if self.config.tick_sender is None:
            return None
        from shared.adapters.push_tokens import PushTokens

        return PushTokens(self.config.tick_sender)

    @cached_property
    def publisher(self) -> TickPublisher:
        if self.config.store == "memory":
            return InlineTickPublisher(lambda message: self.jobs.run(message, self.clock()))
        from shared.adapters.pubsub import PubsubTickPublisher

        return PubsubTickPublisher(self.config.project_id, self.config.tick_topic)

    @cached_property
    def jobs(self) -> TickJobs:
        return TickJobs(
            usage_publisher=UsagePublisher(self._stores.feed, self._warehouse) if self._warehouse else None,
            folder=self.folder,
            deliverer=self.deliverer,
            billing=self.billing,
            publisher=self.publisher,
            turns=ReconciliationTurns(self._stores.reconciliations),
            rows=self.rows,
            margins=self.margin_refresher,
            history=TickHistory(self.service),
            overview=OverviewRefresher(
                service=self.service,
                tenant_index=self.tenant_index,
                margins=self.margins,
                outbox=self.outbox,
            ),
            overruns=OverrunRaiser(
                store=self.usage,
                admissions=self.admissions,
                members=self.members,
                outbox=self.outbox,
                links=self.links,
            ),
        )

    @cached_property
    def stripe_failures(self) -> FailureKeeper:
        return FailureKeeper(self.service, self._stores.billing)

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
    def links(self) -> Links:
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
    def budget_alerts(self) -> BudgetAlertRaiser:
        return BudgetAlertRaiser(store=self.usage, members=self.members, outbox=self.outbox, links=self.links)

    @cached_property
    def authenticator(self) -> KeyAuthenticator:
        return KeyAuthenticator(self.directory)

    @cached_property
    def sign_in(self) -> MemberAuthenticator:
        return MemberAuthenticator(self.identities, self.members, self.operators)

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
    def platform_events(self) -> PlatformRecorder:
        return PlatformRecorder(self.events, self.tenants, self.rates)

    @cached_property
    def tenants(self) -> NamedTenants:
        return NamedTenants(self.directory, self.plans, self.config.auto_plan)

    @cached_property
    def prices(self) -> PriceReader:
        path = self.config.price_catalog
        return PriceReader(self.price_books, CatalogFile(Path(path)) if path else None)

    @cached_property
    def limits(self) -> Limits:
        return Limits(self.ledger, self.thresholds)

    @cached_property
    def runs(self) -> RunAdmitter:
        return RunAdmitter(self.limits, self._stores.admissions)

    @cached_property
    def refusals(self) -> RefusalKeeper:
        return RefusalKeeper(self.admissions)

    @cached_property
    def hold_estimator(self) -> HoldEstimator:
        return HoldEstimator(self.prices)

    @cached_property
    def rows(self) -> TenantRows:
        return TenantRows(self.tenant_index, self.ledger, self.thresholds.policy_of)

    @cached_property
    def export_slots(self) -> ExportSlots:
        return ExportSlots(max(1, self.config.threads // 4))

    @cached_property
    def rates(self) -> RateLimits:
        return RateLimits(self.thresholds)

    @cached_property
    def folder(self) -> TenantFolder:
        def raise_all(used: PeriodUsage, now: datetime) -> None:
            self.alerts(used, now)
            self.budget_alerts(used, now)

        return TenantFolder(
            self.usage,
            self.thresholds.policy_of,
            raise_all,
            self.config.day_limits,
            self.margin_refresher.refresh_current,
        )

    @cached_property
    def price_estimator(self) -> PriceEstimator:
        return PriceEstimator(self.margins)

    @cached_property
    def margin_refresher(self) -> MarginRefresher:
        return MarginRefresher(self.ledger, self._stores.billing, self.margins)

    @cached_property
    def thresholds(self) -> Thresholds:
        return Thresholds(self.config.soft_percent, self.config.hard_percent, self.plans)

    def load_prices(self) -> None:
        """Load the price catalog, which takes most of a second, before a request needs it."""
        catalog_providers()
        self.prices.refresh_catalog(self.clock())

    def first_call(self) -> None:
        """Read the plans, and so open the channel to the store, which takes a second, before a request needs it."""
        # If the store is unavailable, the next request reports it.
        with suppress(UsageError):
            self.plans()
