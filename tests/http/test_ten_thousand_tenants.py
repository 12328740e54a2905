"""The list of 10,000 tenants on Firestore: a page costs the same few round trips as that of ten."""

import json
from collections.abc import Iterator

import pytest

from shared.adapters.firestore.people.tenant_rows import row_fields, row_name
from shared.adapters.firestore.people.tenants import set_write
from shared.domain.ledger.periods import period_at
from shared.domain.limits.limits import LimitPolicy
from shared.domain.people.tenant_rows import TenantRow, Used, new_row, row_usage
from shared.domain.people.tenants import Tenant
from tests.http.conftest import NOON
from tests.http.serving import Functions, Json

TENANTS, A_COMMIT, LIMIT = 10_000, 500, 50
MOST_CALLS = 3
POLICY = LimitPolicy(token_limit=1_000_000, run_limit=100)


def rows() -> Iterator[TenantRow]:
    """Yield rows of tenants that have used 0 to 9,999 hundredths of a percent, in an order of their own."""
    for number in range(TENANTS):
        used = number * 7_919 % TENANTS
        plan = "starter" if number % 2 else "free"
        tenant = Tenant(id=f"t-{number:05}", name=f"Tenant {number:05}", plan=plan, created_at=NOON)
        period = Used.of(period_at(None, NOON), {"total_tokens": used * 100}, 0, None)
        yield TenantRow(id=tenant.id, tenant=new_row(tenant).tenant, usage=row_usage(POLICY, period, NOON))


@pytest.fixture
def functions(functions_on_firestore: Functions) -> Functions:
    """The functions on a database with 10,000 rows."""
    rpc = functions_on_firestore.containers["usage_api"]._rpc
    writes = [set_write(row_name(rpc.documents, row.id), row_fields(row)) for row in rows()]
    for start in range(0, TENANTS, A_COMMIT):
        rpc.commit(writes[start : start + A_COMMIT])
    return functions_on_firestore


def last_request(capsys: pytest.CaptureFixture[str]) -> Json:
    """Return the log line of the last request."""
    line: Json = json.loads(capsys.readouterr().out.splitlines()[-1])
    return line


def test_a_page_costs_three_calls_at_most_however_it_is_sorted_filtered_or_searched(
    functions: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    for query in (
        "sort=usage",
        "sort=cost",
        "sort=name&status=active",
        "sort=usage&plan=starter&status=active&over_80=true&past_due=false",
        "",
    ):
        key = (
            functions.create_platform_key()
        )  # looked up, and its first use is stored: two calls of the three
        page = functions.read(key, f"/tenants?limit={LIMIT}&{query}")
        log = last_request(capsys)
        assert log["calls"] <= MOST_CALLS, query
        assert log["reads"] <= 1 + LIMIT + 1, query
        if query == "sort=usage":
            percents = [each["usage"]["usage_percent"] for each in page["tenants"]]
            assert percents == [(9_999 - place) / 100 for place in range(LIMIT)]
    found = functions.read(key, "/tenants?q=t-0123")["tenants"]
    assert [each["id"] for each in found] == [f"t-{number:05}" for number in range(1230, 1240)]
    assert last_request(capsys)["calls"] == len(("by id", "by name"))
    cursor = functions.read(key, "/tenants?limit=500&sort=usage")["next_cursor"]
    later = functions.read(key, f"/tenants?limit=500&sort=usage&cursor={cursor}")
    assert later["tenants"][0]["usage"]["usage_percent"] == (9_999 - 500) / 100
    assert last_request(capsys)["calls"] == 1
