"""The models of the service's overview and of its ticks, failures and settings."""

from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import Field

from shared.domain.notices.mails import Mail, OperatorNotice
from shared.domain.notices.outbox import EntryKind, OutboxEntry
from shared.domain.notices.webhooks import WebhookMessage
from shared.domain.platform.failures import DeadLetter
from shared.domain.platform.overview import Overview, UncertainModel
from shared.domain.platform.ticks import TickJob, last_tick_at
from shared.domain.prices.money import usd_string
from shared.http.platform.configuration import ShownSetting
from shared.http.responses import ResponseModel, Usd
from shared.ports import StoredStatus
from shared.usecases.ledger.read_series import OTHER_LABEL

DeadLetterKind = Literal["tick", "mail", "webhook", "operator"]
_KINDS: dict[EntryKind, DeadLetterKind] = {
    "mail": "mail",
    "notice": "webhook",
    "webhook": "webhook",
    "operator": "operator",
}


class TenantCounts(ResponseModel):
    """How many tenants there are, by what the list of tenants says of them.

    Usage in the list is as of a tenant's last fold, or of the daily job.
    """

    total: int
    active: int
    suspended: int
    ended: int
    paying: int = Field(description="Tenants with a monthly price, so neither free nor in a trial.")
    past_due: int
    over_80: int = Field(description="Tenants that have used 80 % of a limit, or more.")
    over_limit: int = Field(description="Tenants that have used all of a limit, or more.")
    second_subscriptions: int = Field(description="Tenants with several subscriptions at once.")


class OverviewMoney(ResponseModel):
    """Revenue and cost of the calendar month (UTC) so far, as of each tenant's last computation."""

    month: str = Field(examples=["2026-11"])
    mrr_usd: Usd = Field(
        description="The monthly prices of all tenants: a yearly price divided by 12, before discounts and taxes."
    )
    revenue_usd: Usd = Field(
        description="Paid invoices of the month, without tax, after refunds, credit notes and lost disputes."
    )
    unpaid_usd: Usd = Field(description="Open invoices of the month, without tax.")
    provider_cost_usd: Usd
    margin_usd: Usd = Field(description="`revenue_usd` less `provider_cost_usd`.")
    unpriced_calls: int
    incomplete_calls: int
    other_currency_invoices: int
    is_complete: bool = Field(
        description="False: calls without a price or with an incomplete one, or invoices in other currencies, are"
        " left out."
    )
    computed_at: datetime

    @classmethod
    def of(cls, overview: Overview) -> Self:
        margin = overview.margin
        return cls(
            month=f"{overview.month:%Y-%m}",
            mrr_usd=usd_string(overview.rows.mrr_nanousd),
            revenue_usd=usd_string(margin.revenue_nanousd),
            unpaid_usd=usd_string(margin.unpaid_nanousd),
            provider_cost_usd=usd_string(margin.cost_nanousd),
            margin_usd=usd_string(margin.margin_nanousd),
            unpriced_calls=margin.unpriced_calls,
            incomplete_calls=margin.incomplete_calls,
            other_currency_invoices=margin.other_currency_invoices,
            is_complete=margin.is_complete,
            computed_at=overview.computed_at,
        )


class OutboxState(ResponseModel):
    """The mails and webhooks that wait for a delivery, and those that were given up."""

    due: int = Field(description="Deliveries whose time has come.")
    oldest_due_at: datetime | None
    failed: int = Field(description="Mails and webhooks that were given up in the last two months.")


class UncertainModelResponse(ResponseModel):
    """A model with calls of this month that have no price, or one that leaves something out.

    `other` stands for what the tenants' largest models leave out.
    """

    provider: str
    model: str
    unpriced_calls: int
    incomplete_calls: int
    tenants: int

    @classmethod
    def of(cls, model: UncertainModel) -> Self:
        return cls(
            provider=model.provider or OTHER_LABEL,
            model=model.model or OTHER_LABEL,
            unpriced_calls=model.unpriced_calls,
            incomplete_calls=model.incomplete_calls,
            tenants=model.tenants,
        )


class OverviewResponse(ResponseModel):
    """The state of the whole service. What is null has not been computed yet."""

    computed_at: datetime | None = Field(
        default=None,
        description="`aggregate` computes the figures about every five minutes; the lag and the last tick are live.",
    )
    last_tick_at: datetime | None = Field(description="Usually less than two minutes ago.")
    fold_lag_seconds: int = Field(description="How long the most overdue fold is overdue, in whole minutes.")
    tenants: TenantCounts | None = None
    money: OverviewMoney | None = None
    events_per_minute: float | None = Field(
        default=None,
        description="The sum of the tenants' rates. A tenant's rate is that of the events between its last two folds,"
        " over at least one minute and at most 15. A rate older than 20 minutes is left out.",
    )
    stripe_failures: int = Field(
        default=0, description="Events of Stripe that could not be applied yet; 0 until it is computed."
    )
    dead_letters: int = Field(
        default=0, description="Messages, mails and webhooks that were given up; 0 until it is computed."
    )
    outbox: OutboxState | None = None
    models: list[UncertainModelResponse] = Field(
        default=[], description="At most 20, those with the most calls first."
    )

    @classmethod
    def of(cls, status: StoredStatus, fold_lag: timedelta) -> Self:
        """Return the response about the service."""
        overview, last, lag = status.overview, last_tick_at(status.ticks), int(fold_lag.total_seconds())
        if overview is None:
            return cls(last_tick_at=last, fold_lag_seconds=lag)
        return cls(
            computed_at=overview.computed_at,
            last_tick_at=last,
            fold_lag_seconds=lag,
            tenants=TenantCounts.model_validate(overview.rows),
            money=OverviewMoney.of(overview),
            events_per_minute=overview.events_per_minute,
            stripe_failures=overview.failures.stripe_failures,
            dead_letters=overview.dead_letters,
            outbox=OutboxState.model_validate(overview.outbox),
            models=[UncertainModelResponse.of(each) for each in overview.models],
        )


class TickResponse(ResponseModel):
    """A tick of every minute (`fold`), or a message of the daily reconciliation."""

    at: datetime
    job: TickJob
    milliseconds: int
    error: str | None


class StripeFailureResponse(ResponseModel):
    """An event of Stripe with a valid signature that could not be applied; it leaves the list once it is."""

    event_id: str
    type: str
    tenant_id: str | None = Field(description="Null if it is not known.")
    error: str = Field(description="As of the last attempt.")
    attempts: int
    first_at: datetime
    last_at: datetime


class DeadLetterResponse(ResponseModel):
    """A message of the tick's topic, a mail or a webhook that was given up."""

    id: str
    kind: DeadLetterKind = Field(description="`operator` is a problem that could not be mailed to you.")
    at: datetime = Field(
        description="When Pub/Sub gave the message up, or when the mail or webhook was raised."
    )
    text: str
    attempts: int
    error: str | None = Field(
        description="The last answer of the receiver. Pub/Sub gives none for a message: see the log of `aggregate`."
    )

    @classmethod
    def of_letter(cls, letter: DeadLetter) -> Self:
        """Return a message that Pub/Sub has given up."""
        text = f"{letter.job}: {letter.text}" if letter.text else letter.job
        return cls(
            id=letter.id,
            kind="tick",
            at=letter.at,
            text=text,
            attempts=letter.attempts,
            error=letter.error,
        )

    @classmethod
    def of_entry(cls, entry: OutboxEntry) -> Self:
        """Return a mail or a webhook that was given up."""
        return cls(
            id=entry.id,
            kind=_KINDS[entry.kind],
            at=entry.created_at,
            text=_words(entry),
            attempts=entry.attempts,
            error=entry.last_answer,
        )


class OperatorNoticeResponse(ResponseModel):
    """A problem that needs the operator; it is also mailed to the operator's address, if there is one."""

    at: datetime
    title: str
    text: str


class SettingResponse(ResponseModel):
    """A variable of the environment of `usage_api`; other functions have their own."""

    name: str
    value: str = Field(description="`set` or `not set` for a secret.")
    description: str


class SystemResponse(ResponseModel):
    """The last ticks, and what has failed, each newest first."""

    ticks: list[TickResponse] = Field(
        description="The last 30, at most 10 of which are of the daily reconciliation."
    )
    stripe_failures: list[StripeFailureResponse] = Field(description="At most 50.")
    dead_letters: list[DeadLetterResponse] = Field(description="At most 50 of each kind.")
    notices: list[OperatorNoticeResponse] = Field(description="At most 50.")
    configuration: list[SettingResponse]


def notices_of(entries: list[OutboxEntry]) -> list[OperatorNoticeResponse]:
    """Return the problems among entries of the outbox."""
    return [
        OperatorNoticeResponse(at=each.created_at, title=each.content.summary, text=each.content.text)
        for each in entries
        if isinstance(each.content, OperatorNotice)
    ]


def dead_letters_of(letters: list[DeadLetter], entries: list[OutboxEntry]) -> list[DeadLetterResponse]:
    """Return all that was given up, newest first."""
    found = [
        *(DeadLetterResponse.of_letter(each) for each in letters),
        *(DeadLetterResponse.of_entry(each) for each in entries if each.state == "failed"),
    ]
    return sorted(found, key=lambda each: (each.at, each.id), reverse=True)


def settings_of(settings: list[ShownSetting]) -> list[SettingResponse]:
    return [SettingResponse.model_validate(each) for each in settings]


def _words(entry: OutboxEntry) -> str:
    match entry.content:
        case OperatorNotice() as problem:
            return f"{problem.summary}: {problem.text}"
        case Mail() as mail:
            return f"mail to {mail.to}: {mail.subject}"
        case WebhookMessage() as message:
            return f"webhook {message.type} to {message.endpoint_id}"
        case notice:
            return f"notice {notice.type}"
