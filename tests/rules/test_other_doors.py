"""Requests that are neither one plain read nor one plain write: a member gets no further by them."""

import pytest

from tests.rules.conftest import TokenOf
from tests.rules.rest import LONGEST_PAGE, Database, document, query
from tests.rules.table import ANONYMOUS, STRANGER, UIDS

OWN = "tenants/acme/months/202611"
FOREIGN = "tenants/globex/months/202611"
COUNTER = "tenants/acme/counters/20261122.0"
ONE_LESS = [{"fieldPath": "totals.calls", "increment": {"integerValue": "-1"}}]


def _count(
    collection: str, *, all_descendants: bool = False, limit: int | None = LONGEST_PAGE
) -> dict[str, object]:
    counted = query(collection, all_descendants=all_descendants, limit=limit)
    return {"structuredAggregationQuery": {**counted, "aggregations": [{"alias": "all", "count": {}}]}}


def _batch(database: Database, *paths: str) -> dict[str, object]:
    return {"documents": [f"{database.documents}/{path}" for path in paths]}


READS = {
    "a count of a tenant's runs": ("tenants/acme:runAggregationQuery", _count("runs")),
    "a count of all of a tenant's runs": ("tenants/acme:runAggregationQuery", _count("runs", limit=None)),
    "a count of a tenant's events": ("tenants/acme:runAggregationQuery", _count("events")),
    "a count of another tenant's runs": ("tenants/globex:runAggregationQuery", _count("runs")),
    "a count across tenants": (":runAggregationQuery", _count("runs", all_descendants=True)),
    "everything named months below a tenant": (
        "tenants/acme:runQuery",
        query("months", all_descendants=True),
    ),
    "every collection's name": ("tenants/acme:listCollectionIds", {}),
}
OPEN_TO_MEMBERS = ["a count of a tenant's runs"]


@pytest.mark.parametrize("caller", [ANONYMOUS, STRANGER, "member", "owner"])
def test_counting_opens_no_more_than_listing(database: Database, token_of: TokenOf, caller: str) -> None:
    statuses = {
        name: database.call("POST", path, body, token=token_of(caller)).status
        for name, (path, body) in READS.items()
    }
    allowed = OPEN_TO_MEMBERS if caller in ("member", "owner") else []
    assert statuses == {name: 200 if name in allowed else 403 for name in READS}


def test_a_batch_opens_only_if_all_of_it_may_be_read(database: Database, token_of: TokenOf) -> None:
    token = token_of("owner")
    assert database.call("POST", ":batchGet", _batch(database, OWN, COUNTER), token=token).status == 200
    assert database.call("POST", ":batchGet", _batch(database, OWN, FOREIGN), token=token).status == 403
    assert (
        database.call("POST", ":batchGet", _batch(database, OWN, "tenants/acme"), token=token).status == 403
    )


@pytest.mark.parametrize("method", [":commit", ":batchWrite"])
@pytest.mark.parametrize("caller", UIDS)
def test_nobody_writes_in_a_batch(database: Database, token_of: TokenOf, caller: str, method: str) -> None:
    name = f"{database.documents}/{COUNTER}"
    writes: dict[str, dict[str, object]] = {
        "replaces": {"update": {"name": name, **document(note="changed")}},
        "increments": {"transform": {"document": name, "fieldTransforms": ONE_LESS}},
        "deletes": {"delete": name},
    }
    statuses = {
        how: database.call("POST", method, {"writes": [write]}, token=token_of(caller)).status
        for how, write in writes.items()
    }
    assert statuses == dict.fromkeys(writes, 403)
