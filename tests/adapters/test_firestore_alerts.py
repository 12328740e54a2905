"""Usage alerts in Firestore: their cost in calls, and the other alerts in their collection."""

from datetime import UTC, datetime, timedelta

from shared.adapters.firestore import FirestoreUsageStore
from shared.adapters.firestore.billing.documents import alert_fields
from shared.adapters.firestore.people.tenants import set_write
from shared.domain.billing.entitlements import BillingAlert
from shared.domain.ledger.periods import Period
from shared.domain.notices.alerts import UsageAlert
from shared.domain.notices.entries import Outgoing
from tests.adapters.conftest import Connect
from tests.adapters.interceptors import RecordedCalls
from tests.outgoing_fixtures import MAIL, outgoing
from tests.sample_events import NOON

NOVEMBER = Period(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
SOFT = UsageAlert(
    period=NOVEMBER, metric="tokens", threshold_percent=80, used=41_000, limit=50_000, reached_at=NOON
)


def test_asking_for_alerts_is_one_call_and_raising_one_is_one_commit_with_its_mail(connect: Connect) -> None:
    calls = RecordedCalls()
    store = FirestoreUsageStore(connect(calls), timedelta(days=40))
    assert store.known_alerts("acme", [SOFT.id]) == set()
    assert store.save_alerts("acme", [SOFT], outgoing(MAIL))
    assert calls.methods == ["BatchGetDocuments", "Commit"]
    names = [write.update.name.partition("/documents/")[2] for write in calls.requests[1][1].writes]
    assert names[0] == "tenants/acme/alerts/20261101T00Z.tokens.80"
    assert [name.partition("/")[0] for name in names[1:]] == ["outbox"]


def test_alerts_about_billing_are_not_listed_among_those_about_usage(connect: Connect) -> None:
    rpc = connect()
    store = FirestoreUsageStore(rpc, timedelta(days=40))
    store.save_alerts("acme", [SOFT], Outgoing())
    about_billing = alert_fields(BillingAlert("several_subscriptions", ("sub_1",), "There are two."), NOON)
    name = f"{rpc.documents}/tenants/acme/alerts/billing.several_subscriptions"
    rpc.commit([set_write(name, about_billing)])
    assert store.list_alerts("acme", limit=5).items == [SOFT]
