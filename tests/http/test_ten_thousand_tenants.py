"""The lists of 10,000 tenants and of their margins on Firestore: a page costs the same few round trips as of ten."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from shared.adapters.firestore import FirestoreMargins, FirestoreRpc
from shared.adapters.firestore.rpc import open_channel
from shared.domain.billing.margins import Margin, TenantMargin
from shared.domain.ledger.counters import Series
from shared.domain.people.audit import Change
from shared.stores import process_memory
from shared.usecases.people.operators import add_operator
from tests.http.conftest import NOON
from tests.http.serving import Functions, Json
from tests.ten_thousand_tenants import A_COMMIT, OVER_80, TENANTS, add_rows

LIMIT = 50
MOST_CALLS = 3
MOST_CALLS_OF_THE_OVERVIEW = 4
USD = 10**9
MARGIN_PLANS = ("free", "starter", "professional", "enterprise", "gone")


@pytest.fixture(scope="module")
def project(firestore_emulator_host: str) -> str:
    """A database with 10,000 tenants."""
    project_id = f"demo-{uuid4().hex[:12]}"
    with open_channel(firestore_emulator_host) as channel:
        rpc = FirestoreRpc(project_id, lambda: channel, is_emulator=True)
        add_rows(rpc, NOON)
    return project_id


@pytest.fixture
def functions(functions_on_firestore: Functions, project: str, monkeypatch: pytest.MonkeyPatch) -> Functions:
    """The functions on the large database, which the emulator takes longer to sum than a request may wait."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", project)
    functions = functions_on_firestore.another()
    for name in ("record_usage", "usage_api", "aggregate"):
        monkeypatch.setattr(functions.container(name)._rpc._retries, "_give_up_after_seconds", 60)
    return functions


def margins() -> Iterator[TenantMargin]:
    """Yield margins of November, the lowest −$5,000.00, in an order of their own; one of 100 has unpriced calls."""
    for number in range(TENANTS):
        place = number * 7_919 % TENANTS
        yield TenantMargin(
            month=NOON.date().replace(day=1),
            tenant_id=f"t-{number:05}",
            name=f"Tenant {number:05}",
            plan=MARGIN_PLANS[number % len(MARGIN_PLANS)],
            margin=Margin(
                revenue_nanousd=place * USD, cost_nanousd=5_000 * USD, unpriced_calls=int(place % 100 == 0)
            ),
            series={
                Series("openai", f"model-{each}"): {"calls": place, "total_tokens": 1} for each in range(3)
            },
            computed_at=NOON,
        )


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


def new_operator(functions: Functions) -> str:
    """Return an ID token of an operator in Firestore; the sign-in service is the one in memory."""
    container, accounts = functions.container("usage_api"), process_memory()
    container.identities = accounts
    token = functions.sign_in("olga@example.com", role=None)
    add_operator(accounts, container.operators, "olga@example.com", Change("admin:op", functions.clock.now))
    return token


def test_the_overview_reads_the_index_and_costs_an_operator_four_calls_at_most(
    functions: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    container = functions.container("aggregate")
    with container.request() as operations:
        container.jobs.overview.refresh_if_due(NOON)
    assert operations.reads <= 5 * TENANTS / 1000 + len(("status", "overview", *range(12)))
    with container.request() as operations:
        container.jobs.overview.refresh_if_due(NOON)
    assert (operations.calls, operations.reads) == (1, 2)
    assert functions.tick().status_code == 200
    for token in (new_operator(functions), functions.create_platform_key("platform:read")):
        shown = functions.read(token, "/platform/overview")
        log = last_request(capsys)
        assert log["calls"] <= MOST_CALLS_OF_THE_OVERVIEW
        assert log["reads"] <= MOST_CALLS_OF_THE_OVERVIEW
        assert (shown["tenants"]["total"], shown["tenants"]["over_80"]) == (TENANTS, OVER_80)
        assert (shown["tenants"]["over_limit"], shown["tenants"]["paying"]) == (0, 0)
        assert shown["last_tick_at"] == "2026-11-20T12:00:00Z"


def test_a_page_of_margins_costs_one_query_and_its_sums_a_few_aggregations(
    functions: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    store, found = FirestoreMargins(functions.container("usage_api")._rpc), list(margins())
    for start in range(0, TENANTS, A_COMMIT):
        store.save_margins(found[start : start + A_COMMIT])
    plans = len(MARGIN_PLANS) - len(("gone",))
    key = functions.create_platform_key("platform:read")
    for path in ("/platform/overview", "/plans"):  # the key and the plans are looked up
        functions.read(key, path)
    page = functions.read(key, f"/platform/margins?limit={LIMIT}&sort=margin")
    log = last_request(capsys)
    # Money and counts are two aggregations each, of the total and of each plan.
    assert log["calls"] == 1 + 2 * (1 + plans)
    entries = 2 * TENANTS + 2 * TENANTS * plans // len(MARGIN_PLANS)
    assert log["reads"] == LIMIT + 1 + entries // 1_000
    assert len(page["tenants"]) == LIMIT
    assert page["tenants"][0]["margin_usd"] == "-5000.00"
    revenue, cost = sum(range(TENANTS)), TENANTS * 5_000
    assert page["total"]["revenue_usd"] == f"{revenue}.00"
    assert page["total"]["margin_usd"] == f"{revenue - cost}.00"
    assert page["total"]["unpriced_calls"] == TENANTS // 100
    parts = {each["plan"]: each["tenants"] for each in page["plans"]}
    assert parts == {
        **dict.fromkeys(("free", "starter", "professional", "enterprise"), TENANTS // 5),
        "other": TENANTS // 5,
    }
    # The emulator reads all that it sums: one plan is enough to tell that each order costs the same.
    for sort in ("revenue", "cost", "name", "margin"):
        first = functions.read(key, f"/platform/margins?limit={LIMIT}&plan=starter&sort={sort}")
        assert len(first["tenants"]) == LIMIT
        assert last_request(capsys)["calls"] == 1 + 2 * 2
    cursor = first["next_cursor"]
    later = functions.read(key, f"/platform/margins?limit={LIMIT}&plan=starter&cursor={cursor}")["tenants"]
    assert len({each["tenant_id"] for each in later}) == LIMIT
    assert last_request(capsys)["calls"] == 1 + 2 * 2
    file = functions.get(key, "/platform/margins?format=csv").get_data(as_text=True)
    assert file.count("\r\n") == 1 + TENANTS
    assert last_request(capsys)["calls"] == TENANTS // 500
