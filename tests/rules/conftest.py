"""A database under firestore.rules, with two tenants, a document at every path and everybody who may knock."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from tests.rules.rest import Database, id_token
from tests.rules.table import ANONYMOUS, OTHER_MEMBER, PATHS, REMOVED, ROLES, UIDS, UNVERIFIED

RULES = Path(__file__).resolve().parents[2] / "firestore.rules"

Connect = Callable[[], Database]
TokenOf = Callable[[str], str | None]


@pytest.fixture(scope="session")
def rules() -> str:
    """The source of the rules."""
    return RULES.read_text()


@pytest.fixture(scope="session")
def new_database(firestore_emulator_host: str) -> Connect:
    """Opens an empty project: rules and documents belong to one project, so no other test meets them."""
    return lambda: Database(firestore_emulator_host, f"demo-rules-{uuid4().hex[:8]}")


@pytest.fixture(scope="session")
def database(new_database: Connect, rules: str) -> Database:
    """`acme` with a document at every path and `globex` next to it. A caller who changes it found a hole."""
    seeded = new_database()
    assert seeded.load_rules(rules).status == 200
    for path in PATHS:
        seeded.seed(path, note="seeded")
    for caller, role in {**ROLES, REMOVED: "owner", UNVERIFIED: "owner"}.items():
        seeded.seed(f"tenants/acme/members/{UIDS[caller]}", role=role)
    seeded.remove(f"tenants/acme/members/{UIDS[REMOVED]}")
    seeded.seed("tenants/globex", note="seeded")
    seeded.seed(f"tenants/globex/members/{UIDS[OTHER_MEMBER]}", role="owner")
    seeded.seed("tenants/globex/months/202611", note="seeded")
    return seeded


@pytest.fixture(scope="session")
def token_of(database: Database) -> TokenOf:
    """Gives the ID token with which a caller comes; None for the one who has none."""

    def token(caller: str) -> str | None:
        if caller == ANONYMOUS:
            return None
        return id_token(database.project_id, UIDS[caller], email_verified=caller != UNVERIFIED)

    return token
