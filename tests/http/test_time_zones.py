"""Series in a time zone: days of 23 and 25 hours, dates alone, and the zones that are refused."""

import csv

import pytest

from tests.http.serving import Functions, refused
from tests.http.test_series import SERIES, call

USAGE = "/tenants/acme/usage"
BERLIN = "tz=Europe/Berlin"


def calls_at(functions: Functions, key: str, *instants: str) -> None:
    functions.record(key, *(call(instant) for instant in instants))


def rows(functions: Functions, key: str, query: str) -> list[tuple[str, str, int]]:
    """Start, label and calls of every point."""
    answer = functions.read(key, f"{SERIES}?{query}")
    return [(point["start"], point["label"], point["calls"]) for point in answer["points"]]


@pytest.mark.parametrize("is_folded", [False, True], ids=["live", "folded"])
@pytest.mark.parametrize("group", ["", "&group_by=provider"])
def test_days_of_a_zone_are_cut_at_its_midnight_and_labelled_with_its_dates(
    group: str, is_folded: bool, functions: Functions, key: str
) -> None:
    calls_at(functions, key, "2026-11-17T22:59:59Z", "2026-11-17T23:00:00Z", "2026-11-18T22:59:59Z")
    if is_folded:
        functions.tick()
    assert rows(functions, key, f"from=2026-11-17&to=2026-11-20&{BERLIN}{group}") == [
        ("2026-11-16T23:00:00Z", "2026-11-17", 1),
        ("2026-11-17T23:00:00Z", "2026-11-18", 2),
        ("2026-11-18T23:00:00Z", "2026-11-19", 0),
    ]


def test_the_day_on_which_the_clock_goes_back_has_25_hours(functions: Functions, key: str) -> None:
    # 25 October 2026 in Berlin lasts from 22:00 UTC on the 24th to 23:00 UTC on the 25th.
    calls_at(functions, key, "2026-10-24T21:59:59Z", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z")
    assert rows(functions, key, f"from=2026-10-24&to=2026-10-27&{BERLIN}") == [
        ("2026-10-23T22:00:00Z", "2026-10-24", 1),
        ("2026-10-24T22:00:00Z", "2026-10-25", 2),
        ("2026-10-25T23:00:00Z", "2026-10-26", 0),
    ]
    hours = rows(functions, key, f"granularity=hour&from=2026-10-25&to=2026-10-26&{BERLIN}")
    assert len(hours) == 25
    assert [label for _, label, _ in hours[2:4]] == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]


def test_the_day_on_which_the_clock_goes_forward_has_23_hours(functions: Functions, key: str) -> None:
    assert [start for start, _, _ in rows(functions, key, f"from=2026-03-29&to=2026-03-31&{BERLIN}")] == [
        "2026-03-28T23:00:00Z",
        "2026-03-29T22:00:00Z",
    ]


def test_weeks_and_months_are_those_of_the_zone(functions: Functions, key: str) -> None:
    calls_at(functions, key, "2026-10-31T22:59:59Z", "2026-10-31T23:00:00Z", "2026-11-15T23:00:00Z")
    assert rows(functions, key, f"granularity=month&from=2026-10-01&to=2026-12-01&{BERLIN}") == [
        ("2026-09-30T22:00:00Z", "2026-10", 1),
        ("2026-10-31T23:00:00Z", "2026-11", 2),
    ]
    assert rows(functions, key, f"granularity=week&from=2026-11-10&to=2026-11-20&{BERLIN}") == [
        ("2026-11-08T23:00:00Z", "2026-11-09", 0),
        ("2026-11-15T23:00:00Z", "2026-11-16", 1),
    ]


def test_a_month_of_a_zone_is_read_by_the_hour_though_it_touches_32_days_of_utc(
    functions: Functions, key: str
) -> None:
    query = f"granularity=hour&group_by=model&fill=none&from=2026-10-01&to=2026-11-01&{BERLIN}"
    calls_at(functions, key, "2026-10-31T22:59:59Z", "2026-10-31T23:00:00Z")
    assert rows(functions, key, query) == [("2026-10-31T22:00:00Z", "2026-10-31T23:00:00+01:00", 1)]


def test_the_answer_reports_its_zone_and_range_and_csv_has_labels(functions: Functions, key: str) -> None:
    query = f"from=2026-11-18&to=2026-11-19&{BERLIN}"
    answer = functions.read(key, f"{SERIES}?{query}")
    assert (answer["from"], answer["to"]) == ("2026-11-17T23:00:00Z", "2026-11-18T23:00:00Z")
    assert answer["time_zone"] == "Europe/Berlin"
    text = functions.get(key, f"{SERIES}?format=csv&{query}").get_data(as_text=True)
    header, row = csv.reader(text.splitlines())
    assert dict(zip(header, row, strict=True))["label"] == "2026-11-18"


def test_dates_alone_are_those_of_the_zone_on_the_usage_page_too(functions: Functions, key: str) -> None:
    calls_at(functions, key, "2026-11-17T22:59:59Z", "2026-11-17T23:00:00Z", "2026-11-18T23:00:00Z")
    aggregate = functions.read(key, f"{USAGE}?from=2026-11-18&to=2026-11-19&{BERLIN}")["aggregate"]
    assert (aggregate["period_start"], aggregate["period_end"]) == (
        "2026-11-17T23:00:00Z",
        "2026-11-18T23:00:00Z",
    )
    assert aggregate["total_llm_calls"] == 1


def test_a_date_and_an_instant_may_be_mixed(functions: Functions, key: str) -> None:
    answer = functions.read(key, f"{SERIES}?from=2026-11-18&to=2026-11-19T12:30:00Z&{BERLIN}")
    assert (answer["from"], answer["to"]) == ("2026-11-17T23:00:00Z", "2026-11-19T12:00:00Z")


def test_a_zone_is_refused_only_for_its_offset_within_the_range(functions: Functions, key: str) -> None:
    # Lord Howe is at +11:00 in summer and at +10:30 in winter.
    functions.read(key, f"{SERIES}?from=2026-11-01&to=2026-11-20&tz=Australia/Lord_Howe")
    refusal = functions.get(key, f"{SERIES}?from=2026-09-01&to=2026-11-20&tz=Australia/Lord_Howe")
    assert "UTC+10:30 on 2026-09-01" in refused(refusal, 422, "invalid_input")["detail"]


@pytest.mark.parametrize(
    ("query", "field", "code", "says"),
    [
        ("tz=Mars/Olympus", "tz", "unknown_time_zone", "'Mars/Olympus' is not a known time zone"),
        ("tz=", "tz", "unknown_time_zone", "''"),
        ("tz=../etc/passwd", "tz", "unknown_time_zone", "IANA"),
        ("tz=localtime", "tz", "unknown_time_zone", "IANA"),
        ("tz=%2B01:00", "tz", "unknown_time_zone", "IANA"),
        (f"tz={'x' * 65}", "tz", "string_too_long", "64"),
        (
            "from=2026-11-01&to=2026-11-02&tz=Asia/Kolkata",
            "tz",
            "unsupported_time_zone",
            "tz: Asia/Kolkata is UTC+05:30 on 2026-11-01. Usage is counted by the hour of UTC",
        ),
        ("from=2026-11-01&to=2026-11-02&tz=Asia/Kathmandu", "tz", "unsupported_time_zone", "UTC+05:45"),
        (f"from=2026-11-02&to=2026-11-01&{BERLIN}", "from", "empty_range", "is not before"),
        (f"from=2026-11-02&to=2026-11-02&{BERLIN}", "from", "empty_range", "is not before"),
        ("from=2026-11-31&to=2026-12-01", "from", "datetime_from_date_parsing", "2026-11-31"),
        ("from=2026-11-1&to=2026-11-02", "from", "datetime_from_date_parsing", "2026-11-1"),
        ("from=01.11.2026&to=2026-11-02", "from", "datetime_from_date_parsing", "01.11.2026"),
        ("from=2026-11-01T00:00&to=2026-11-02", "from", "timezone_aware", "2026-11-01T00:00"),
    ],
)
@pytest.mark.parametrize("path", [SERIES, USAGE])
def test_a_range_that_cannot_be_cut_is_refused_by_its_field(
    query: str, field: str, code: str, says: str, path: str, functions: Functions, key: str
) -> None:
    document = refused(functions.get(key, f"{path}?{query}"), 422, "invalid_input")
    assert [(each["field"], each["code"]) for each in document["errors"]] == [(field, code)]
    assert says in document["detail"]


@pytest.mark.parametrize(
    ("query", "days"),
    [
        (f"granularity=hour&from=2026-10-01&to=2026-11-02&{BERLIN}", "31 days, not 32"),
        (f"from=2025-01-01&to=2026-01-03&{BERLIN}", "366 days, not 367"),
        (f"granularity=month&from=2025-01-01&to=2026-01-03&{BERLIN}", "366 days, not 367"),
        ("granularity=month&from=2023-01-01&to=2026-01-04", "1098 days, not 1099"),
        ("granularity=week&group_by=model&from=2025-01-01&to=2026-01-03", "366 days, not 367"),
        ("granularity=month&from=2001-01-01&to=2199-01-01&tz=Asia/Kolkata", "at most 1098 days"),
    ],
)
def test_a_longer_range_is_refused(query: str, days: str, functions: Functions, key: str) -> None:
    document = refused(functions.get(key, f"{SERIES}?{query}"), 422, "invalid_input")
    assert [each["code"] for each in document["errors"]] == ["range_too_long"]
    assert days in document["detail"]
