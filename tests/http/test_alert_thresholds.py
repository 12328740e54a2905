"""Routes of the thresholds at which alerts are raised."""

import pytest

from shared.domain.versions import version_of
from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.http.serving import Functions, refused, succeeded

THRESHOLDS = "/tenants/acme/alert-thresholds"
DEFAULT = {"percents": [50, 80, 90, 100], "is_default": True, "version": version_of(None)}


@pytest.fixture
def ada(functions: Functions, key: str) -> str:
    """The token of an owner of acme."""
    return functions.sign_in("ada@example.com")


def test_thresholds_are_set_in_rising_order_and_reset(functions: Functions, ada: str, key: str) -> None:
    assert functions.read(key, THRESHOLDS) == DEFAULT
    own = {"percents": [20, 95], "is_default": False, "version": version_of([20, 95])}
    for _ in range(2):
        assert succeeded(functions.send("PUT", ada, THRESHOLDS, {"percents": [95, 20, 95]})) == own
    assert functions.read(ada, THRESHOLDS) == own
    assert succeeded(functions.send("PUT", ada, THRESHOLDS, {"percents": None})) == DEFAULT
    changes = [each for each in trail_of(process_memory()) if each.action == "alert_thresholds.changed"]
    assert [(each.before, each.after) for each in changes] == [
        ("default", "20 %, 95 %"),
        ("20 %, 95 %", "default"),
    ]


@pytest.mark.parametrize("percents", [[], [0], [1_001], list(range(1, 12)), [1.5], ["80"], "80", [True]])
def test_only_one_to_ten_percentages_are_accepted(functions: Functions, ada: str, percents: object) -> None:
    document = refused(functions.send("PUT", ada, THRESHOLDS, {"percents": percents}), 422)
    assert document["errors"][0]["field"].startswith("percents")
    assert functions.read(ada, THRESHOLDS) == DEFAULT


def test_members_read_thresholds_and_owners_and_admins_set_them(
    functions: Functions, ada: str, key: str
) -> None:
    member = functions.sign_in("carl@example.com", "member")
    assert functions.read(member, THRESHOLDS) == DEFAULT
    refused(functions.send("PUT", member, THRESHOLDS, {"percents": [50]}), 403, "missing_role")
    refused(functions.send("PUT", key, THRESHOLDS, {"percents": [50]}), 403, "missing_scope")
