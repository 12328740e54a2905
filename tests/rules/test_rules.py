"""firestore.rules lets a tenant's members read what their dashboard shows, and nobody do anything else."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.rules.conftest import Connect, TokenOf
from tests.rules.rest import Database, document, id_token, query
from tests.rules.table import ALLOWED, OPERATIONS, OTHER_MEMBER, PATHS, READABLE, STRANGER, UIDS

MONTH = READABLE[0]
AT_A_TIME = 4
CLEAN: dict[str, object] = {}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("caller", UIDS)
def test_a_caller_reaches_exactly_the_paths_of_the_table(
    database: Database, token_of: TokenOf, caller: str, operation: str
) -> None:
    token = token_of(caller)
    allowed = ALLOWED.get((caller, operation), ())
    with ThreadPoolExecutor(AT_A_TIME) as requests:
        statuses = requests.map(lambda path: OPERATIONS[operation](database, path, token), PATHS)
    assert dict(zip(PATHS, statuses, strict=True)) == {
        path: 200 if path in allowed else 403 for path in PATHS
    }


def test_the_rules_compile_and_name_nothing_that_does_not_exist(new_database: Connect, rules: str) -> None:
    assert new_database().load_rules(rules) == (200, CLEAN)


def test_rules_that_do_not_parse_are_refused(new_database: Connect, rules: str) -> None:
    assert new_database().load_rules(rules.rstrip().removesuffix("}")).status == 400


def test_a_misspelt_function_is_reported_though_it_compiles(new_database: Connect, rules: str) -> None:
    answer = new_database().load_rules(rules.replace("if isMember()", "if isMembr()"))
    assert answer.status == 200
    assert "Invalid function name: isMembr." in [issue["description"] for issue in answer.body["issues"]]


@pytest.mark.parametrize("role", ["", "guest", "Owner", "members"])
def test_a_role_nobody_has_heard_of_opens_nothing(database: Database, role: str) -> None:
    database.seed("tenants/acme/members/uid-odd", role=role)
    token = id_token(database.project_id, "uid-odd")
    assert database.call("GET", MONTH, token=token).status == 403


def test_a_membership_without_a_role_opens_nothing(database: Database) -> None:
    database.seed("tenants/acme/members/uid-roleless", note="invited")
    token = id_token(database.project_id, "uid-roleless")
    assert database.call("GET", MONTH, token=token).status == 403


def test_a_member_who_is_removed_is_denied_the_next_read(database: Database) -> None:
    token = id_token(database.project_id, "uid-leaving")
    database.seed("tenants/acme/members/uid-leaving", role="admin")
    assert database.call("GET", MONTH, token=token).status == 200
    database.remove("tenants/acme/members/uid-leaving")
    assert database.call("GET", MONTH, token=token).status == 403


@pytest.mark.parametrize("claim", [False, None, "true", 1])
def test_a_member_whose_address_is_not_verified_is_denied_as_by_the_api(
    database: Database, claim: object
) -> None:
    token = id_token(database.project_id, "uid-owner", email_verified=claim)
    assert database.call("GET", MONTH, token=token).status == 403


def test_members_of_a_suspended_tenant_are_denied_until_it_resumes(new_database: Connect, rules: str) -> None:
    database = new_database()
    assert database.load_rules(rules).status == 200
    token = id_token(database.project_id, "uid-owner")
    database.seed("tenants/acme/members/uid-owner", role="owner")
    database.seed(MONTH, note="seeded")
    statuses = []
    for suspended_at in (None, "2026-11-20T12:00:00Z", None):
        database.seed("tenants/acme", suspended_at=suspended_at)
        statuses.append(database.call("GET", MONTH, token=token).status)
    assert statuses == [200, 403, 200]


def test_a_member_of_two_tenants_reads_both_but_never_across(database: Database) -> None:
    token = id_token(database.project_id, "uid-both")
    for tenant in ("acme", "globex"):
        database.seed(f"tenants/{tenant}/members/uid-both", role="member")
        assert database.call("GET", f"tenants/{tenant}/months/202611", token=token).status == 200
    across = query("months", all_descendants=True)
    assert database.call("POST", ":runQuery", across, token=token).status == 403


def test_a_list_holds_the_documents_of_that_tenant_alone(database: Database, token_of: TokenOf) -> None:
    answer = database.call("POST", "tenants/globex:runQuery", query("months"), token=token_of(OTHER_MEMBER))
    names = [row["document"]["name"] for row in answer.body]
    assert names == [f"{database.documents}/tenants/globex/months/202611"]


def test_what_is_not_there_yet_is_missing_for_a_member_and_not_denied(
    database: Database, token_of: TokenOf
) -> None:
    """The page listens to the counters of today before the first event has made them."""
    assert database.call("GET", "tenants/acme/counters/20261123.0", token=token_of("member")).status == 404
    assert database.call("GET", "tenants/acme/counters/20261123.0", token=token_of(STRANGER)).status == 403


@pytest.mark.parametrize(("caller", "uid"), [(caller, UIDS[caller]) for caller in (STRANGER, "member")])
def test_nobody_makes_himself_an_owner(database: Database, token_of: TokenOf, caller: str, uid: str) -> None:
    membership = f"tenants/acme/members/{uid}"
    assert database.call("PATCH", membership, document(role="owner"), token=token_of(caller)).status == 403
