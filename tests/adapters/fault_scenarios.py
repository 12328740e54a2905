"""Scenarios of tenants, people, prices and the reconciliation, as their use cases run; each returns the answers."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from shared.domain.errors import UsageError
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plans import PlanVersion
from shared.domain.notices.entries import NOTHING_OUTGOING
from shared.domain.people.audit import Change
from shared.domain.people.members import Identity, Member
from shared.domain.people.tenant_rows import RowsWanted
from shared.domain.people.tenants import TenantProfile
from shared.domain.prices.price_book import PriceKey
from shared.domain.prices.price_file import parse_prices
from shared.ports import StaleMembers
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.ledger.reconciliation_turns import ReconciliationTurns
from shared.usecases.limits.manage_plans import PlanManager
from shared.usecases.limits.tenant_rows import TenantRows
from shared.usecases.people.authenticate_member import access_tenant
from shared.usecases.people.invitations import (
    InvitationDependencies,
    accept_invitation,
    decline_invitation,
    invite,
    withdraw_invitation,
)
from shared.usecases.people.manage_tenants import TenantRequest
from shared.usecases.people.members import RoleAssignment, change_role, remove_member
from shared.usecases.people.provision_tenant import (
    OwnedTenantRequest,
    ProvisioningDependencies,
    provision_tenant,
)
from shared.usecases.prices.manage_prices import addition, change_prices, read_book, removal, replacement
from tests.adapters.fault_cells import Stores
from tests.contracts.test_budgets import CAP
from tests.contracts.test_directory import ACME, CREATED, KEY
from tests.contracts.test_grants import PILOT, RUNS, TOKENS
from tests.contracts.test_members import ACME as ADAS
from tests.contracts.test_members import ADA, INVITATION, entry
from tests.contracts.test_operators import ADA as OPERATOR
from tests.contracts.test_operators import ADDED as OPERATOR_ADDED
from tests.contracts.test_operators import REMOVED as OPERATOR_REMOVED
from tests.contracts.test_receipts import REQUEST
from tests.plans import FREE, PLANS, STARTER
from tests.sample_events import NOON
from tests.usecases.notices.alert_scenarios import LINKS
from tests.usecases.plain_sums import new_tenant

MINUTE = timedelta(minutes=1)
CHANGE = Change("admin:ada", NOON, "because")
_REFUSALS = (UsageError, StaleMembers)


def answered(call: Callable[..., object], *args: object) -> object:
    """Return the result of a call, or the name of its refusal."""
    try:
        return call(*args)
    except _REFUSALS as error:
        return type(error).__name__


def a_tenant_is_created_and_changed(stores: Stores) -> Sequence[object]:
    directory = stores.directory
    unknown = replace(CREATED, tenant_id="bolt")
    answers = [
        answered(directory.create_tenant, ACME, KEY, CREATED),
        answered(directory.create_tenant, replace(ACME, name="Other"), replace(KEY, id="other"), CREATED),
        answered(
            directory.create_tenant, replace(ACME, id="keyless"), None, replace(CREATED, tenant_id="keyless")
        ),
        sorted(each.id for each in directory.find_tenants(["acme", "bolt", "keyless"])),
        answered(directory.set_plan, "acme", PlanVersion("professional", 2), CREATED),
        answered(directory.set_plan, "bolt", PlanVersion("professional", 2), unknown),
        answered(directory.set_alert_recipients, "acme", ["a@example.com"], CREATED),
        answered(directory.set_takes_estimates, "acme", True, CREATED),
        answered(directory.set_limits, "acme", LimitOverrides(tokens=5), CREATED),
        answered(directory.change_grants, "acme", [PILOT, TOKENS], (), CREATED),
        answered(directory.change_grants, "acme", [RUNS], [TOKENS.id], CREATED),
        answered(directory.set_budgets, "acme", [CAP], CREATED),
        answered(directory.set_on_unreadable, "acme", "open", CREATED),
        answered(directory.set_time_zone, "acme", "Europe/Berlin", CREATED),
        answered(directory.set_suspended_at, "acme", NOON, CREATED),
        answered(directory.set_ended_at, "acme", NOON, CREATED),
        answered(directory.set_profile, "acme", TenantProfile("New", {"a": "b"}), CREATED),
        answered(directory.set_profile, "bolt", TenantProfile("New", {}), unknown),
    ]
    return [*answers, directory.find_tenant("acme"), directory.find_tenant("bolt")]


def tenants_are_provisioned_and_listed(stores: Stores) -> Sequence[object]:
    invitations = InvitationDependencies(stores.members, stores.outbox, LINKS)
    dependencies = ProvisioningDependencies(stores.directory, invitations)
    rows = TenantRows(stores.tenant_index, Ledger(stores.usage), lambda _: None)
    bolt = OwnedTenantRequest(TenantRequest("bolt", "Bolt", FREE), "bea@example.com")
    other = OwnedTenantRequest(TenantRequest("bolt", "Other", FREE), "bea@example.com")
    made = [answered(provision_tenant, dependencies, each, CHANGE) for each in (bolt, bolt, other)]
    stores.directory.create_tenant(ACME, None, CREATED)
    unlisted = stores.tenant_index.read_row("acme")
    assert unlisted.row is not None
    ended = replace(unlisted.row, usage=None)
    stores.tenant_index.save_row(ended, unlisted)
    rows.refresh(["acme", "bolt", "nobody"], NOON)
    first = stores.tenant_index.list_rows(RowsWanted(sort="name"), limit=1)
    rest = stores.tenant_index.list_rows(RowsWanted(sort="name"), limit=1, cursor=first.next_cursor)
    return [
        made,
        first.items,
        rest.items,
        stores.tenant_index.list_rows(RowsWanted(q="bo"), limit=5).items,
        stores.members.list_invitations("bolt")[0].email,
    ]


def keys_are_made_used_and_revoked(stores: Stores) -> Sequence[object]:
    directory = stores.directory
    new_tenant(directory)
    second = replace(KEY, id="second", created_at=NOON + MINUTE)
    directory.save_keys([KEY, second], CREATED)
    directory.touch_key(KEY.id, NOON)
    directory.touch_key("unknown", NOON)
    directory.save_keys([replace(KEY, revoked_at=NOON)], CREATED)
    first = directory.list_audit("acme", limit=2)
    rest = directory.list_audit("acme", limit=2, cursor=first.next_cursor)
    keys = [directory.find_key(KEY.id), *directory.list_keys("acme")]
    return [*keys, len(first.items), len(rest.items)]


def creating_requests_are_repeated(stores: Stores) -> Sequence[object]:
    directory = stores.directory
    new_tenant(directory)
    first = REQUEST.receipt("first", NOON)
    answers = [
        answered(directory.save_keys, [KEY], replace(CREATED, receipt=first)),
        answered(directory.save_keys, [replace(KEY, id="again")], replace(CREATED, receipt=first)),
    ]
    found = directory.find_receipt(first.id)
    assert found is not None
    later = REQUEST.receipt("later", found.expires_at, found)
    answers.append(
        answered(directory.save_keys, [replace(KEY, id="second")], replace(CREATED, receipt=later))
    )
    answers.append(
        answered(
            directory.create_tenant,
            replace(ACME, id="bolt"),
            replace(KEY, id="b"),
            replace(CREATED, receipt=later),
        )
    )
    return [*answers, found, directory.find_receipt(first.id), *directory.list_keys("acme")]


def operators_come_and_go(stores: Stores) -> Sequence[object]:
    operators = stores.operators
    return [
        answered(operators.save_operator, OPERATOR, OPERATOR_ADDED),
        operators.find_operator(OPERATOR.user_id),
        answered(operators.remove_operator, OPERATOR.user_id, OPERATOR_REMOVED),
        operators.list_operators(),
    ]


def people_are_invited_join_and_leave(stores: Stores) -> Sequence[object]:
    members = stores.members
    dependencies = InvitationDependencies(members, stores.outbox, LINKS)
    members.create_tenant_with_owner(ADAS, ADA, entry("tenant.created"))
    bob = Identity(
        user_id="bob", email=INVITATION.email, email_verified=True, name="Bob", expires_at=NOON + MINUTE
    )
    ada = access_tenant(members, replace(bob, user_id="ada", email=ADA.email), ADAS.id)
    sent = [invite(dependencies, ada, INVITATION), invite(dependencies, ada, INVITATION)]
    received = members.list_received_invitations(INVITATION.email)
    joined = accept_invitation(members, bob, ADAS.id, NOON)
    promoted = change_role(members, ada, RoleAssignment("bob", "owner"), NOON)
    return [
        [(each.invitation.email, each.mailed) for each in sent],
        [each.tenant.id for each in received],
        joined.member.role,
        promoted.role,
        answered(members.create_tenant_with_owner, ADAS, ADA, entry("tenant.created")),
        remove_member(members, ada, "bob", NOON).email,
        answered(remove_member, members, ada, "bob", NOON),
        [each.user_id for each in members.list_members(ADAS.id)],
        [each.tenant.id for each in members.list_memberships("ada")],
        [each.tenant.id for each in members.read_profile("ada", ADA.email).memberships],
    ]


def invitations_end_without_a_membership(stores: Stores) -> Sequence[object]:
    members = stores.members
    members.create_tenant_with_owner(ADAS, ADA, entry("tenant.created"))
    identity = Identity(
        user_id="bob", email=INVITATION.email, email_verified=True, name="Bob", expires_at=NOON + MINUTE
    )
    ada = access_tenant(members, replace(identity, user_id="ada", email=ADA.email), ADAS.id)
    given = replace(INVITATION, email="cy@example.com", invited_by="eve@example.com")
    eve = Member(user_id="eve", email=given.invited_by, name=None, role="admin", joined_at=NOON)
    answers = [
        answered(members.add_member, ADAS.id, eve, entry("member.added")),
        answered(members.add_member, ADAS.id, eve, entry("member.added")),
    ]
    for each in (INVITATION, given):
        members.save_invitation(ADAS.id, each, NOTHING_OUTGOING, entry("member.invited"))
    answers.append(answered(withdraw_invitation, members, ada, INVITATION.id, NOON))
    members.save_invitation(ADAS.id, INVITATION, NOTHING_OUTGOING, entry("member.invited"))
    answers += [
        answered(decline_invitation, members, identity, ADAS.id, NOON),
        answered(decline_invitation, members, identity, ADAS.id, NOON),
        remove_member(members, ada, "eve", NOON).email,
    ]
    return [*answers, members.list_invitations(ADAS.id)]


def prices_are_changed(stores: Stores) -> Sequence[object]:
    def table(model: str) -> str:
        return f'[[price]]\nprovider = "openai"\nmodel = "{model}"\nfrom = "2026-11-01"\npercent = "-15"\n'

    books = stores.price_books
    key = PriceKey(None, "openai", "a", None)
    return [
        change_prices(books, replacement(parse_prices(table("a") + table("b"))), CHANGE).added,
        change_prices(books, addition(table("c")), CHANGE).added,
        change_prices(books, removal(key, date(2026, 11, 1)), CHANGE).removed,
        answered(change_prices, books, removal(key, None), CHANGE),
        read_book(books).entries,
        books.list_price_changes(5),
    ]


def plans_are_changed(stores: Stores) -> Sequence[object]:
    new_tenant(stores.directory, plan="starter")
    manager = PlanManager(stores.plan_catalogs, PLANS)
    larger = PlanCatalog(plans=(FREE, replace(STARTER, token_limit=600_000)))
    return [
        manager.replace(larger, CHANGE),
        answered(manager.replace, PlanCatalog(plans=(FREE,)), CHANGE),
        answered(manager.replace, PLANS, CHANGE, 0),
        manager.read().plans,
        list(stores.plan_catalogs.list_plan_holders()),
        stores.plan_catalogs.list_plan_changes(5),
    ]


def a_reconciliation_takes_its_turns(stores: Stores) -> Sequence[object]:
    for tenant_id in ("acme", "bolt"):
        new_tenant(stores.directory, tenant_id)
    turns = ReconciliationTurns(stores.reconciliations)
    return [
        answered(turns.begin, "", NOON),
        answered(turns.begin, "", NOON),
        list(stores.billing.list_tenants(limit=1)),
        turns.pass_on("", "acme", NOON),
        answered(turns.begin, "acme", NOON),
        list(stores.billing.list_tenants("acme")),
        turns.pass_on("acme", None, NOON),
        turns.pass_on("acme", None, NOON),
    ]
