"""Write and read the Firestore documents of usage alerts."""

from typing import Any

from shared.adapters.firestore.encoding import get_fields, read_as
from shared.domain.ledger.periods import Period
from shared.domain.notices.alerts import AlertedBudget, UsageAlert


def usage_alert_fields(alert: UsageAlert) -> dict[str, object]:
    """Return the fields of an alert's document, named as in the API because browsers read both."""
    cost = {} if alert.cost_is_complete is None else {"cost_is_complete": alert.cost_is_complete}
    return {
        "period_start": alert.period.start,
        "period_end": alert.period.end,
        "metric": alert.metric,
        "threshold_percent": alert.threshold_percent,
        "used": alert.used,
        "limit": alert.limit,
        "reached_at": alert.reached_at,
        **cost,
        **({"budget": alert.budget._asdict()} if alert.budget else {}),
        **({} if alert.run_id is None else {"run_id": alert.run_id}),
    }


def read_usage_alert(document: Any) -> UsageAlert:
    fields = get_fields(document.fields)
    period = Period(fields.pop("period_start"), fields.pop("period_end"))
    budget = fields.pop("budget", None)
    return read_as(
        UsageAlert, fields, period=period, budget=read_as(AlertedBudget, budget) if budget else None
    )
