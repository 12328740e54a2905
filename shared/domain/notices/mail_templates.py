"""The text of every mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.limits.limits import LimitPolicy
from shared.domain.limits.metrics import LimitedMetric, amount_text
from shared.domain.notices.alerts import UsageAlert
from shared.domain.notices.endpoints import Endpoint
from shared.domain.notices.mails import INVITATIONS, Button, Mail, OperatorNotice, shown_name
from shared.domain.people.members import Invitation
from shared.domain.people.tenants import Tenant

PRODUCT = "GWI Usage"
_MOST_BUDGETS = 20
"""Budgets, or runs, that a mail lists."""
_NAMES: Mapping[LimitedMetric, str] = {"tokens": "tokens", "runs": "runs", "cost": "provider cost"}
_LIMITS: Mapping[LimitedMetric, str] = {**_NAMES, "cost": "provider cost limit"}


@dataclass(frozen=True, slots=True)
class Links:
    """The pages of the dashboard that mails and problems link to."""

    origin: str

    def usage(self, tenant_id: str) -> str:
        return f"{self.origin}/t/{tenant_id}"

    def plans(self, tenant_id: str) -> str:
        return f"{self.origin}/t/{tenant_id}/upgrade"

    def alerts(self, tenant_id: str) -> str:
        return f"{self.origin}/t/{tenant_id}/settings/alerts"

    def join(self, tenant_id: str) -> str:
        return f"{self.origin}/join/{tenant_id}"

    def confirm(self, entry_id: str, token: str) -> str:
        return f"{self.origin}/mail/{entry_id}/confirm#{token}"

    def stop_page(self, entry_id: str, token: str) -> str:
        return f"{self.origin}/mail/{entry_id}/stop#{token}"

    def stop_url(self, entry_id: str, token: str) -> str:
        """Return the address for the mail program's own button, which sends one POST (RFC 8058)."""
        return f"{self.origin}/api/v1/mail/{entry_id}/unsubscribe?token={token}"


def invitation_mail(tenant: Tenant, invitation: Invitation, links: Links) -> Mail:
    """Ask a person to join a tenant. Its subject has no text that the inviting person chose."""
    name, sender = shown_name(tenant.name), invitation.invited_by
    invited = f"{sender} invited you" if sender else "You are invited"
    return Mail(
        kind="invitation",
        to=invitation.email,
        subject=f"You are invited to a team on {PRODUCT}",
        paragraphs=(
            f"{invited} to join {name} on {PRODUCT} as {invitation.role}.",
            f"Sign in as {invitation.email} to accept. The invitation ends on {_day(invitation.expires_at)}.",
        ),
        button=Button("Join the team", links.join(tenant.id)),
        reason=f"You get this mail because {sender or 'the operator'} entered your address on {PRODUCT}.",
        scope=INVITATIONS,
    )


def confirm_mail(tenant: Tenant, email: str, confirm_url: str) -> Mail:
    """Ask the owner of an address whether it may get a tenant's alerts."""
    name = shown_name(tenant.name)
    return Mail(
        kind="recipient.confirm",
        to=email,
        subject=f"Confirm that you want alerts from {PRODUCT}",
        paragraphs=(
            f"Somebody at {name} wants you to get its usage alerts.",
            "Confirm your address to get them. If you do nothing, you get none.",
        ),
        button=Button("Confirm", confirm_url),
        reason=f"You get this mail because your address was entered for the alerts of {name}.",
        scope=tenant.id,
    )


def limit_mail(tenant: Tenant, policy: LimitPolicy, alerts: Sequence[UsageAlert], links: Links) -> Mail:
    """Return the mail about how much of its limits a tenant has used, given its highest new alert of each metric.

    Recipients are added with `Mail.to_each`.
    """
    name = shown_name(tenant.name)
    *others, last = [f"{_percent(alert)} of its {_LIMITS[alert.metric]}" for alert in alerts]
    shares = f"{', '.join(others)} and {last}" if others else last
    is_blocked = any(alert.threshold_percent >= policy.hard_percent for alert in alerts)
    return Mail(
        kind="limit",
        subject=f"{name} has used {shares}",
        paragraphs=(
            f"{name}: {'; '.join(used_of_limit(alert) for alert in alerts)}.",
            _effect(policy, alerts[0].period.end, is_blocked=is_blocked),
        ),
        button=Button("See usage", links.usage(tenant.id)),
        reason=f"You get this mail because you are a recipient of the alerts of {name}.",
        scope=tenant.id,
    )


def budget_mail(tenant: Tenant, alerts: Sequence[UsageAlert], links: Links) -> Mail:
    """Return the mail about how far budgets of a tenant are used, given the highest new alert of each.

    Recipients are added with `Mail.to_each`.
    """
    name, highest = shown_name(tenant.name), max(alerts, key=lambda alert: alert.threshold_percent)
    listed = [f"{used_of_budget(alert)}." for alert in alerts[:_MOST_BUDGETS]]
    rest = len(alerts) - len(listed)
    more = [f"{rest:,} more budgets have reached a threshold."] if rest else []
    share = f"{_percent(highest)} of a budget" if len(alerts) == 1 else f"much of {len(alerts):,} budgets"
    return Mail(
        kind="limit",
        subject=f"{name} has used {share}",
        paragraphs=(*listed, *more),
        button=Button("See usage", links.usage(tenant.id)),
        reason=f"You get this mail because you are a recipient of the alerts of {name}.",
        scope=tenant.id,
    )


def used_of_budget(alert: UsageAlert) -> str:
    """Return the usage of a budget's alert: `Budget daily for “ann”: $4.00 of $5.00 provider cost used (80 %)`."""
    if alert.budget is None:
        return used_of_limit(alert)
    value = alert.budget.value
    each = "" if value is None else f" for {shown_name(value)}" if value else " for other values"
    return f"Budget {alert.budget.id}{each}: {used_of_limit(alert)}"


def overrun_mail(tenant: Tenant, alerts: Sequence[UsageAlert], links: Links) -> Mail:
    """Return the mail about runs that used more than they held. Recipients are added with `Mail.to_each`."""
    name = shown_name(tenant.name)
    listed = [f"{used_of_run(alert)}." for alert in alerts[:_MOST_BUDGETS]]
    rest = len(alerts) - len(listed)
    more = [f"{rest:,} more runs used more than they held."] if rest else []
    runs = "a run" if len(alerts) == 1 else f"{len(alerts):,} runs"
    return Mail(
        kind="limit",
        subject=f"{name}: {runs} over budget",
        paragraphs=(*listed, *more, "What they used counts in full."),
        button=Button("See usage", links.usage(tenant.id)),
        reason=f"You get this mail because you are a recipient of the alerts of {name}.",
        scope=tenant.id,
    )


def used_of_run(alert: UsageAlert) -> str:
    """Return the usage of a run's alert: `Run “run-7” used $3.10 of provider cost, $0.60 more than it held`."""
    used, over = (amount_text(alert.metric, each) for each in (alert.used, alert.used - alert.limit))
    known = "at least " if alert.cost_is_complete is False else ""
    unit = "of provider cost" if alert.metric == "cost" else alert.metric
    return f"Run {shown_name(alert.run_id or '')} used {known}{used} {unit}, {over} more than it held"


def used_of_limit(alert: UsageAlert) -> str:
    """Return the usage of an alert: `60,010 of 50,000 tokens used (120 %)`."""
    used, limit = (amount_text(alert.metric, amount) for amount in (alert.used, alert.limit))
    known = "at least " if alert.cost_is_complete is False else ""
    return f"{known}{used} of {limit} {_NAMES[alert.metric]} used ({_percent(alert)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEnd:
    """The end of a trial, and what follows it."""

    at: datetime
    days_left: int
    price: str | None
    """What is charged then, before taxes and discounts: `$99.00 per month`; None if it is not known."""
    has_payment_method: bool
    is_canceled: bool


def trial_mail(tenant: Tenant, email: str, trial: TrialEnd) -> Mail:
    """Return the mail about the end of a trial, and the charge that follows."""
    remaining = "1 day" if trial.days_left == 1 else f"{trial.days_left} days"
    name = shown_name(tenant.name)
    return Mail(
        kind="trial.ending",
        to=email,
        subject=f"Your trial ends in {remaining}",
        paragraphs=(f"The trial of {name} ends on {_day(trial.at)}.", _after_trial(trial)),
        reason=f"You get this mail because you started the trial of {name}.",
        scope=tenant.id,
    )


def _after_trial(trial: TrialEnd) -> str:
    if trial.is_canceled:
        return "You canceled the plan, so nothing is charged."
    price = f"{trial.price} before taxes and discounts" if trial.price else "the price of your plan"
    if trial.has_payment_method:
        return (
            f"Then we charge {price} to the payment method on file. To prevent this, cancel before that day."
        )
    return f"Add a payment method before that day to keep your plan for {price}. Without one, the plan ends."


def endpoint_disabled_mail(tenant: Tenant, endpoint: Endpoint, links: Links) -> Mail:
    """Return the mail to owners about an endpoint that gets no more webhooks."""
    name = shown_name(tenant.name)
    since = _instant(endpoint.failing_since or endpoint.created_at)
    return Mail(
        kind="endpoint.disabled",
        subject=f"A webhook endpoint of {name} is disabled",
        paragraphs=(
            f"{shown_name(endpoint.url.partition('://')[2])} has failed since {since}, so it is disabled.",
            "No webhooks are sent to it until you enable it again. Missed webhooks are not sent later.",
        ),
        button=Button("See the endpoint", links.alerts(tenant.id)),
        reason=f"You get this mail because you own {name} on {PRODUCT}.",
        scope=tenant.id,
    )


def operator_mail(notice: OperatorNotice, email: str) -> Mail:
    """Return the mail to the operator about a problem."""
    return Mail(
        kind="operator",
        to=email,
        subject=f"{PRODUCT}: {notice.summary}",
        paragraphs=(notice.text, "List all of them with: python -m tools.admin alerts"),
        reason="You get this mail because GWI_OPERATOR_EMAIL names your address.",
        scope="operator",
    )


def _effect(policy: LimitPolicy, resets_at: datetime, *, is_blocked: bool) -> str:
    resets = f"The limit resets on {_instant(resets_at)}."
    if is_blocked:
        return f"Checks now answer no. Recording goes on, and what is used still counts. {resets}"
    return f"At {policy.hard_percent} %, checks answer no and recording goes on. {resets}"


def _percent(alert: UsageAlert) -> str:
    """Return the share of the limit, rounded down; the threshold where the limit is 0."""
    percent = alert.used * 100 // alert.limit if alert.limit else alert.threshold_percent
    return f"{percent} %"


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def _instant(at: datetime) -> str:
    return f"{_day(at)} at {at:%H:%M} UTC"
