"""The figures of docs/costs.md are arithmetic: each follows from the prices and the assumptions on the page."""

import re
from fractions import Fraction

import pytest

from tests.tools.documents import README, page
from tools.bench.counting import DELETE_NANOUSD, READ_NANOUSD, WRITE_NANOUSD

COSTS = page("costs")
TEXT = " ".join(COSTS.prose.split())
MILLION, GIB, NANO = 10**6, 2**30, Fraction(1, 10**9)
READ, WRITE, DELETE = (price * NANO for price in (READ_NANOUSD, WRITE_NANOUSD, DELETE_NANOUSD))
STORAGE, RETENTION_MONTHS = Fraction("0.15"), 3
EVENT_BYTES, BATCH_BYTES, RUN_BYTES, NAMED_RUN_BYTES = 900, 1_300, 2_300, 4_700
INSTANCE_SECOND = Fraction("0.000024") + Fraction("0.0000025") / 2
REQUEST, REQUEST_SECONDS, EVENT_SECONDS = Fraction("0.40") / MILLION, Fraction("0.050"), Fraction("0.0002")
MINUTES_A_MONTH = 60 * 24 * 30
REFRESH_READS = 2 * 3 + 30 + 1 + 2
"""Usage read twice, the days of a month that have ended, the invoices, and two counts of runs."""
CHECK_READS, PAGE_READS = 5 + 1 + 1, 40 + 1 + 1


def cloud_run(requests: Fraction | int, events: int = 0) -> Fraction:
    """Return the price of requests that carry so many events each."""
    return requests * ((REQUEST_SECONDS + EVENT_SECONDS * events) * INSTANCE_SECOND + REQUEST)


def parts_of_a_million(events: int) -> list[Fraction]:
    """Return writes, deletes, storage and Cloud Run for a million events, so many to a request and run."""
    return [
        MILLION * Fraction(events + 2, events) * WRITE,
        MILLION * DELETE,
        Fraction(MILLION * EVENT_BYTES, GIB) * STORAGE * RETENTION_MONTHS,
        cloud_run(Fraction(MILLION, events), events),
    ]


def parts_of_a_million_sealed(events: int, runs: int) -> list[Fraction]:
    """Return the same for batches of so many events and runs."""
    batches = Fraction(MILLION, events)
    return [
        batches * (runs + 2) * WRITE,
        batches * DELETE,
        batches * (BATCH_BYTES + 300 * runs + 38 * events) / GIB * STORAGE * RETENTION_MONTHS,
        cloud_run(batches, events),
    ]


def usd(amount: Fraction) -> str:
    return f"{float(amount):.3f}"


def figure(what: str) -> str:
    """Return the last cell of the one row that begins with `what`."""
    (row,) = (cells for cells in COSTS.rows if cells[0].startswith(what))
    return row[-1]


def test_the_prices_and_assumptions_are_stated() -> None:
    per_100k = {
        name: 100_000 * price for name, price in (("reads", READ), ("writes", WRITE), ("deletes", DELETE))
    }
    assert ", ".join(f"{name} ${float(price):.2f}" for name, price in per_100k.items()) in TEXT
    assert figure("storage in Firestore") == "$0.15 per GiB and month of 30 days"
    assert figure("one event") == f"{EVENT_BYTES} bytes"
    assert figure("one sealed batch").startswith(f"{BATCH_BYTES:,} bytes, and 300 for each run and 38")
    assert figure("one run") == f"{RUN_BYTES:,} bytes; {NAMED_RUN_BYTES:,} with a user, a workflow and a tag"
    assert "$0.000024 per vCPU-second, $0.0000025 per GiB-second" in figure("Cloud Run, billed")
    assert figure("a request").startswith("50 ms, and 0.2 ms for each event")


@pytest.mark.parametrize("events", [1, 10, 100])
def test_a_million_events(events: int) -> None:
    (row,) = (cells for cells in COSTS.section("A million events") if cells[0] == str(events))
    parts = parts_of_a_million(events)
    assert row[1] == f"{float(Fraction(events + 2, events)):.2f}"
    assert row[2:] == [usd(amount) for amount in [*parts, sum(parts, Fraction())]]


@pytest.mark.parametrize(("events", "runs"), [(10, 1), (100, 1), (500, 5)])
def test_a_million_events_in_sealed_batches(events: int, runs: int) -> None:
    (row,) = (cells for cells in COSTS.section("Sealed batches") if cells[:2] == [str(events), str(runs)])
    parts = parts_of_a_million_sealed(events, runs)
    assert row[2:] == [usd(Fraction(runs + 2, events)), *map(usd, parts), usd(sum(parts, Fraction()))]


def test_the_readme_names_the_same_prices() -> None:
    alone = float(sum(parts_of_a_million(10), Fraction()))
    sealed = float(sum(parts_of_a_million_sealed(100, 1), Fraction()))
    stated = (
        f"[${alone:.2f}](docs/costs.md) in requests of ten, and ${sealed:.2f} in sealed batches of a hundred"
    )
    assert stated in README.prose


def test_every_formula_has_its_result() -> None:
    formulas = re.findall(r"([(\d][\d,.$×+/() ]+) = \$([\d.]+\d)", TEXT)
    for formula, result in formulas:
        terms = re.sub(r"\d+(\.\d+)?", r"Fraction('\g<0>')", formula.translate({ord(","): "", ord("$"): ""}))
        assert usd(eval(terms.replace("×", "*"), {"Fraction": Fraction})) == result, formula
    assert len(formulas) == 9


def test_reads() -> None:
    reads = {cells[0].split(",")[0]: (int(cells[1]), cells[2]) for cells in COSTS.section("Reads")}
    expected = {"check": CHECK_READS, "usage page": PAGE_READS, "key lookup": 2, "membership": 1}
    expected |= {"billing alerts": 1, "tenant that a platform key names": 1}
    assert reads == {
        name: (count, f"{float(MILLION * count * READ):.2f}") for name, count in expected.items()
    }


def test_runs_with_a_hold() -> None:
    rows = COSTS.section("Runs with a hold")
    costs = [MILLION * (int(reads) * READ + int(writes) * WRITE) for _, reads, writes, _ in rows]
    assert [cells[-1] for cells in rows] == [f"{float(cost):.2f}" for cost in costs]
    assert len(rows) == 3


def test_a_deployment_without_traffic_and_the_example_add_up() -> None:
    for title in ("What a deployment costs without traffic", "An example"):
        *parts, total = (Fraction(cells[-1]) for cells in COSTS.section(title))
        assert sum(parts, Fraction()) == total, title


def test_the_parts_of_both() -> None:
    ticks, checks, folds = MINUTES_A_MONTH, 100_000, MINUTES_A_MONTH // 15
    assert figure(f"ticks: {ticks:,} queries") == usd(ticks * READ)
    assert figure(f"ticks: {ticks:,} requests") == usd(cloud_run(ticks))
    assert figure("ticks: the last thirty") == usd(ticks * (3 * READ + WRITE))
    assert figure(f"the operator's overview: {ticks // 5:,} times") == usd(ticks // 5 * (16 * READ + WRITE))
    assert figure("events, all-in") == usd(sum(parts_of_a_million(10), Fraction()))
    assert figure(f"{checks:,} checks: reads") == usd(checks * CHECK_READS * READ)
    assert figure(f"{checks:,} checks: Cloud Run") == usd(cloud_run(checks))
    assert figure("key lookups of two instances") == usd(2 * MINUTES_A_MONTH * 2 * READ)
    assert figure("1,000 usage pages") == usd(1_000 * PAGE_READS * READ)
    assert figure("margins") == usd(24 * 30 * (REFRESH_READS * READ + WRITE))
    assert figure("folds") == usd(folds * (14 * READ + 4 * WRITE))


def test_a_deployment_of_many_tenants_is_its_own_cost_and_theirs() -> None:
    idle, million = (Fraction(cells[-1]) for cells in COSTS.rows if cells[0] == "total")
    requests = 1_000
    lookups, folds = 2 * requests * 2 * READ, requests * (14 * READ + 4 * WRITE)
    shared = ("events, all-in", "100,000 checks: reads", "100,000 checks: Cloud Run", "1,000 usage pages")
    small = sum(Fraction(figure(what)) for what in shared) / 100 + lookups + folds
    stated = [cells for cells in page("operations").rows if cells[0] in ("10", "1,000", "100,000")]
    wanted = [
        [count, *(amount(idle + int(count.replace(",", "")) * each) for each in (million, small))]
        for count in ("10", "1,000", "100,000")
    ]
    assert stated == wanted


def amount(usd: float | Fraction) -> str:
    return f"${float(usd):,.1f}" if usd < 1 else f"${float(usd):,.0f}"
