"""Scenarios of usage, folds, alerts, deliveries and billing, as their use cases run; each returns the answers."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from shared.domain.billing.margin_lists import MarginsWanted
from shared.domain.ledger.documents import Wanted
from shared.domain.metering.run_lists import RunsWanted
from shared.domain.notices.entries import Outgoing, notice_entry
from shared.domain.notices.mails import RenderedMail
from shared.domain.people.audit import Change
from shared.ports import BillingChange, DeliveryFailed, EventsWanted, SignedWebhook
from shared.usecases.billing.refresh_margins import MarginRefresher
from shared.usecases.billing.stripe_changes import read_stripe_event
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.notices.alert_endpoints import send_test
from shared.usecases.notices.alert_recipients import RecipientDependencies, set_alert_recipients
from shared.usecases.notices.deliver import Deliverer, DeliveryDependencies
from shared.usecases.notices.mail_links import MailLink, confirm_recipient, set_mail_stopped
from shared.usecases.people.manage_tenants import existing_tenant
from shared.usecases.people.tenant_data import DELETABLE_AFTER, deletable_tenant, delete_tenant, erase_user
from shared.usecases.platform.compute_overview import OverviewRefresher
from shared.usecases.platform.tick_history import TickHistory
from tests.adapters.fault_cells import Stores
from tests.adapters.fault_scenarios import answered
from tests.contracts.test_members import ADA
from tests.contracts.test_outbox import AUDIT, ENDPOINT, ENTRIES, NOTICE
from tests.contracts.test_service_status import ATTEMPT, LETTER
from tests.contracts.test_tenant_data import ANNS, BOBS
from tests.golden.stripe_payloads import webhooks
from tests.margin_fixtures import invoice_row
from tests.member_fixtures import add_member
from tests.outgoing_fixtures import MAIL, outgoing
from tests.plans import PLANS
from tests.sample_batches import BATCH_ID, PRODUCER, batch_of_calls
from tests.sample_events import NOON, ONE_SHARD, TODAY, counted, llm_call, mark
from tests.usecases.billing.billing_scenarios import ENDIVE, STARTED, billing_on, deliver, event_of
from tests.usecases.notices.alert_scenarios import LIMIT, LINKS, folder_of, using
from tests.usecases.plain_sums import current, folded, new_tenant

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CHANGE = Change("admin:ada", NOON, "because")
ROTATED = ENDPOINT.rotated(NOON)


def batches_are_recorded_with_duplicates_and_conflicts(stores: Stores) -> Sequence[object]:
    usage = stores.usage
    tenant = new_tenant(stores.directory)
    yesterday = llm_call("e0", ts=NOON - timedelta(days=1), run_id="r1")
    first = [yesterday, llm_call("e1", run_id="r1"), llm_call("e1", run_id="r1"), mark("e2", "r2", "started")]
    second = [llm_call("e1", payload="other"), llm_call("e3", run_id="r2"), llm_call("e0", ts=yesterday.ts)]
    answers = [usage.record("acme", each, ONE_SHARD, NOON) for each in (first, second, [llm_call("e3")])]
    # Too many series for one commit.
    wide = [llm_call(f"w{number}", model=f"model-{number}") for number in range(40)]
    return [
        *answers,
        usage.record("acme", wide, ONE_SHARD, NOON),
        counted(usage, "acme"),
        current(usage, tenant, NOON),
        usage.count_runs("acme", NOON - HOUR, NOON + HOUR),
        usage.find_run("acme", "r1"),
        usage.list_children("acme", ["r1"], limit=5),
        usage.list_runs("acme", limit=5),
        usage.find_event("acme", "e1"),
        usage.list_events("acme", EventsWanted(run_id="r1", with_metadata=True), limit=5).items,
        sorted(event.id for event in usage.scan_events("acme")),
        usage.event_cursor(yesterday),
        usage.dirty_counters("acme"),
        list(usage.due_counters(NOON)),
        usage.most_overdue(),
    ]


def sealed_batches_are_recorded_and_repeated(stores: Stores) -> Sequence[object]:
    usage = stores.usage
    new_tenant(stores.directory)
    first, other = batch_of_calls(3, run_id="r1"), batch_of_calls(2, payload="other")
    # Too many series for one counter document.
    wide = batch_of_calls(40, batch_id=f"{PRODUCER}.8", models=40)
    return [
        *(usage.seal("acme", each, ONE_SHARD, NOON) for each in (first, first, other, wide)),
        usage.find_batch("acme", BATCH_ID),
        usage.find_event("acme", first.events[1].id),
        usage.find_run("acme", "r1"),
        counted(usage, "acme", shards=2),
        usage.read("acme").tenant,
    ]


def usage_is_folded_and_alerts_are_raised(stores: Stores) -> Sequence[object]:
    usage = stores.usage
    tenant = new_tenant(stores.directory, plan="free")
    add_member(stores.members, "acme", ADA)
    folder = folder_of(usage, stores.members, stores.outbox)
    usage.record("acme", [using("e1", LIMIT, run_id="r1"), mark("end", "r1", "completed")], ONE_SHARD, NOON)
    fold_tenants(folder, ["acme"], NOON)
    earlier = NOON - timedelta(days=1)
    usage.record("acme", [using("e2", 5, ts=earlier, run_id="r1")], ONE_SHARD, NOON)
    fold_tenants(folder, ["acme"], NOON + MINUTE)
    return [
        folded(usage, tenant, NOON),
        usage.list_alerts("acme", limit=5),
        usage.dirty_counters("acme"),
        usage.list_runs("acme", RunsWanted(sort="duration"), limit=5),
        usage.read("acme", Wanted(days=(TODAY,))).documents.days[TODAY].runs,
    ]


@dataclass
class Receiver:
    """Takes mails and webhooks; refuses the first webhook."""

    taken: list[str] = field(default_factory=list)
    refuses: int = 1

    def send(self, message: RenderedMail | SignedWebhook) -> str:
        if isinstance(message, SignedWebhook) and self.refuses:
            self.refuses -= 1
            raise DeliveryFailed("busy")
        self.taken.append(message.id if isinstance(message, RenderedMail) else message.message_id)
        return "OK"


def _deliver_due(dependencies: DeliveryDependencies, now: datetime) -> None:
    """Deliver one entry after the other, so that the calls come in one order."""
    deliverer = Deliverer(dependencies, lambda: now)
    for entry_id in sorted(dependencies.outbox.due_entries(now, 10)):
        deliverer.deliver([entry_id])


def mails_and_webhooks_are_delivered(stores: Stores) -> Sequence[object]:
    outbox = stores.outbox
    new_tenant(stores.directory)
    stores.endpoints.add_endpoint(ENDPOINT, AUDIT)
    outbox.add_entries(Outgoing(entries=[*outgoing(MAIL).entries, notice_entry(NOTICE), ENTRIES["operator"]]))
    test = send_test(outbox, ENDPOINT, NOON)
    receiver = Receiver()
    dependencies = DeliveryDependencies(
        outbox=outbox,
        endpoints=stores.endpoints,
        directory=stores.directory,
        members=stores.members,
        mail=receiver,
        webhooks=receiver,
        links=LINKS,
        operator_email="ops@example.com",
    )
    for minutes in (0, 1, 5):
        _deliver_due(dependencies, NOON + minutes * MINUTE)
    deliveries = outbox.list_deliveries(ENDPOINT.id, limit=5)
    return [
        receiver.taken,
        [(each.state, each.attempts, each.last_answer) for each in deliveries.items],
        test.id in outbox.known_entries([test.id]),
        [each.state for each in outbox.list_for_operator(5)],
    ]


def endpoints_are_changed(stores: Stores) -> Sequence[object]:
    endpoints = stores.endpoints
    new_tenant(stores.directory)
    gone = replace(ENDPOINT, id="ep_2")
    for each in (ENDPOINT, gone):
        endpoints.add_endpoint(each, AUDIT)
    endpoints.save_secrets(ROTATED, AUDIT)
    endpoints.save_health(ENDPOINT.after_failure(NOON), AUDIT)
    endpoints.remove_endpoint(gone, AUDIT)
    return [
        answered(endpoints.save_secrets, gone, AUDIT),
        answered(endpoints.save_health, gone),
        endpoints.find_endpoint("acme", ENDPOINT.id),
        endpoints.list_endpoints("acme"),
    ]


def recipients_confirm_and_stop(stores: Stores) -> Sequence[object]:
    outbox, directory = stores.outbox, stores.directory
    tenant = new_tenant(directory)
    dependencies = RecipientDependencies(
        directory=directory, members=stores.members, outbox=outbox, links=LINKS
    )
    pending = set_alert_recipients(dependencies, tenant, ["a@example.com"], CHANGE)
    (entry_id,) = outbox.due_entries(NOON, 5)
    entry = outbox.find_entry(entry_id)
    assert entry is not None
    link = MailLink(entry_id, entry.token)
    outbox.add_entries(Outgoing(entries=[ENTRIES["mail"]]))
    mail = MailLink(ENTRIES["mail"].id, ENTRIES["mail"].token)
    return [
        pending,
        confirm_recipient(outbox, directory, link, NOON),
        set_mail_stopped(outbox, directory, mail, stopped=True),
        outbox.find_addresses(["a@example.com"]),
        set_mail_stopped(outbox, directory, mail, stopped=False),
        set_alert_recipients(dependencies, existing_tenant(directory, "acme"), ["a@example.com"], CHANGE),
    ]


def margins_are_computed_and_listed(stores: Stores) -> Sequence[object]:
    new_tenant(stores.directory, created_at=NOON - 60 * 24 * HOUR)
    read = stores.billing.read_account("acme")
    assert read is not None
    change = BillingChange(account=read.account, at=NOON, invoice=invoice_row("in_1", 29_00))
    stores.billing.save_billing(change)
    stores.usage.record("acme", [llm_call("e1"), llm_call("e2", ts=NOON - 40 * HOUR)], ONE_SHARD, NOON)
    refresher, margins = MarginRefresher(Ledger(stores.usage), stores.billing, stores.margins), stores.margins
    fold_tenants(TenantFolder(stores.usage, hourly=refresher.refresh_current), ["acme"], NOON)
    refresher.refresh(["acme", "nobody"], NOON + MINUTE)
    november = date(2026, 11, 1)
    return [
        margins.read_margins("acme", [november]),
        margins.list_margins(MarginsWanted(month=november), limit=1).items,
        margins.sum_margins(november, ["starter"]),
        margins.list_incomplete_margins(november, 5),
        margins.list_month(november, limit=5),
        refresher.read_live(existing_tenant(stores.directory, "acme"), NOON),
    ]


def the_service_is_watched(stores: Stores) -> Sequence[object]:
    new_tenant(stores.directory)
    service = stores.service
    refresher = OverviewRefresher(
        service=service, tenant_index=stores.tenant_index, margins=stores.margins, outbox=stores.outbox
    )
    history = TickHistory(service, lambda: 0.0)
    with history.kept("fold", NOON):
        refresher.refresh_if_due(NOON)
    with suppress(ValueError), history.kept("reconcile", NOON + MINUTE):
        raise ValueError("no such day")
    for attempt in (ATTEMPT, replace(ATTEMPT, at=NOON + MINUTE), replace(ATTEMPT, event_id="evt_2")):
        service.add_failed_attempt(attempt)
    service.remove_stripe_failure("evt_2")
    service.add_dead_letter(LETTER)
    return [
        service.read_status(),
        service.list_stripe_failures(5),
        service.list_dead_letters(5),
        service.count_failures(),
    ]


def webhooks_of_stripe_are_applied(stores: Stores) -> Sequence[object]:
    new_tenant(stores.directory, plan="free")
    add_member(stores.members, "acme", ADA)
    billing = billing_on(stores.billing)
    events = [read_stripe_event(payload, PLANS) for payload in webhooks("endive")]
    strange = {**ENDIVE["subscription"], "customer": "cus_2"}
    foreign = event_of("customer.subscription.updated", {**strange, "metadata": {}}, STARTED, "evt_foreign")
    ghost = {**strange, "metadata": {"gwi_tenant_id": "ghost"}}
    unowned = event_of("customer.subscription.updated", ghost, STARTED, "evt_unowned")
    return [
        deliver(billing, [*events, *events[:1], foreign, foreign, unowned, unowned]),
        stores.billing.claim_trial("p1", "acme", NOON),
        stores.billing.claim_trial("p1", "acme", NOON),
        stores.billing.claim_trial("p1", "bolt", NOON),
        stores.billing.list_invoices("acme", limit=5),
        stores.billing.list_billing_alerts("acme"),
        existing_tenant(stores.directory, "acme"),
    ]


def a_user_is_erased_and_the_tenant_deleted(stores: Stores) -> Sequence[object]:
    new_tenant(stores.directory)
    stores.usage.record("acme", [*ANNS, *BOBS], ONE_SHARD, NOON)
    stores.members.add_member("acme", ADA, AUDIT)
    erased = list(erase_user(stores.tenant_data, "acme", "ann"))
    erased_names = stores.tenant_data.erase_name("acme", "ann")
    stores.tenant_data.add_audit(AUDIT)
    events = stores.usage.list_events("acme", limit=9).items
    stores.directory.set_ended_at("acme", NOON, AUDIT)
    tenant = deletable_tenant(stores.directory, "acme", NOON + DELETABLE_AFTER)
    deleted = list(delete_tenant(stores.tenant_data, tenant, Change("admin:ada", NOON)))
    return [
        erased,
        erased_names,
        [event.user_id for event in events],
        deleted,
        stores.directory.find_tenant("acme"),
    ]
