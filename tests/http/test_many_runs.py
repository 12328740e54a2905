"""The list of runs on Firestore: the first page costs three round trips at most, whatever its order and filter."""

import json
from datetime import timedelta

import pytest

from shared.adapters.firestore.metering.events import run_write
from shared.adapters.firestore.paths import TenantPaths
from shared.domain.metering.runs import Run
from tests.http.conftest import NOON
from tests.http.serving import Functions
from tests.ten_thousand_tenants import commit_all

RUNS, LIMIT, MOST_CALLS = 400, 50, 3
ORDERS = ("", "sort=cost", "sort=tokens")
FILTERS = (
    "",
    "user_id=u1",
    "workflow_id=w1",
    "tag=team:t1",
    "status=failed",
    "status=open",
    "from=2026-11-19",
)


@pytest.fixture
def key(functions_on_firestore: Functions) -> str:
    """A key of a tenant with 400 runs."""
    made = functions_on_firestore.create_tenant()
    rpc = functions_on_firestore.container("usage_api")._rpc
    paths = TenantPaths(rpc.documents, "acme")
    commit_all(rpc, [run_write(paths.run(run.id), run) for run in map(run_of, range(RUNS))])
    functions_on_firestore.read(
        made, "/tenants/acme/runs?limit=1"
    )  # the use of a key is stored once in a while
    return made


def run_of(number: int) -> Run:
    return Run(
        id=f"run-{number:04}",
        began_at=NOON - timedelta(minutes=number),
        last_at=NOON,
        totals={"cost_nanousd": number * 7 % RUNS, "total_tokens": number * 3 % RUNS},
        is_failed=number % 2 == 0,
        user_id=f"u{number % 3}",
        workflow_id=f"w{number % 5}",
        tags={"team": f"t{number % 7}"},
    )


def test_the_first_page_costs_three_calls_at_most_in_each_order_with_each_filter(
    functions_on_firestore: Functions, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for order in ORDERS:
        for filtered in FILTERS:
            # A new instance looks the key and its tenant up: two calls of the three.
            fresh = functions_on_firestore.another()
            query = "&".join(part for part in (order, filtered, f"limit={LIMIT}") if part)
            page = fresh.read(key, f"/tenants/acme/runs?{query}")
            assert len(page["runs"]) == LIMIT, query
            log = json.loads(capsys.readouterr().out.splitlines()[-1])
            assert log["calls"] <= MOST_CALLS, query
            assert log["reads"] <= LIMIT + 1 + 2, query


def test_a_search_by_id_costs_three_calls_at_most(
    functions_on_firestore: Functions, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page = functions_on_firestore.another().read(key, "/tenants/acme/runs?id=run-03")
    assert [run["id"] for run in page["runs"]] == [f"run-03{number:02}" for number in range(LIMIT)]
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["calls"] <= MOST_CALLS
