"""Usage as CSV: a file that spreadsheets of every locale show as it is, and that runs nothing."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.http.csv_files import text_cell
from tests.http.serving import Functions, Json, refused

SERIES = "/tenants/acme/usage/series"
CALL: Json = {
    "category": "llm",
    "provider": "openai",
    "model": "gpt-4.1-mini",
    "cost_usd_estimate": "0.000000001",
}


def text_of(functions: Functions, key: str, query: str) -> str:
    answer = functions.get(key, f"{SERIES}?format=csv&fill=none&{query}")
    assert (answer.status_code, answer.content_type) == (200, "text/csv; charset=utf-8")
    return answer.get_data().decode()


def rows_of(functions: Functions, key: str, query: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(functions, key, query), newline="")))


@pytest.mark.parametrize(
    "name",
    [
        *("=1+2", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x","y")', "= 1"),
        *("＝1+2", "＋1", "－1", "＠SUM(A1)"),
    ],
)
def test_csv_never_holds_a_formula(name: str, functions: Functions, key: str) -> None:
    functions.record(key, {**CALL, "provider": name})
    (row,) = rows_of(functions, key, "group_by=provider")
    assert row["provider"] == f"'{name}"


@pytest.mark.parametrize(("name", "shown"), [("a;=1", "a;'=1"), ("a; ＝1;-1", "a;' ＝1;'-1")])
def test_no_formula_begins_where_another_locale_begins_a_cell(
    name: str, shown: str, functions: Functions, key: str
) -> None:
    functions.record(key, {**CALL, "model": name})
    (row,) = rows_of(functions, key, "group_by=model")
    assert row["model"] == shown


@pytest.mark.parametrize(
    "name", ['say "hi"', "a,b", "a;b", "ünï", "two\u2028lines", "'quoted", "a=b", "a;b-c"]
)
def test_csv_names_survive_the_round_trip(name: str, functions: Functions, key: str) -> None:
    functions.record(key, {**CALL, "model": name})
    (row,) = rows_of(functions, key, "group_by=model")
    assert row["model"] == name


def test_text_is_quoted_and_numbers_are_not(functions: Functions, key: str) -> None:
    functions.record(key, {**CALL, "tokens": {"input_tokens": 3, "output_tokens": 5}})
    header, row, end = text_of(functions, key, "group_by=provider").split("\r\n")
    names = next(csv.reader([header]))
    assert header == ",".join(f'"{name}"' for name in names)
    cells = dict(zip(names, row.split(","), strict=True))
    text = {name: cell for name, cell in cells.items() if cell.startswith('"')}
    assert text == {
        "start": '"2026-11-20T00:00:00Z"',
        "provider": '"openai"',
        "cost_status": f'"{rows_of(functions, key, "")[0]["cost_status"]}"',
        "label": '"2026-11-20"',
    }
    assert (cells["model"], cells["total_tokens"], end) == ("", "8", "")
    assert float(cells["cost_usd"]) >= 0


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("from=2026-11-01&to=2026-12-01", "usage-acme-2026-11-01-to-2026-11-30-by-day.csv"),
        ("from=2026-11-01&to=2026-11-02", "usage-acme-2026-11-01-to-2026-11-01-by-day.csv"),
        (
            "from=2026-11-01&to=2026-11-03&tz=Asia/Tokyo&granularity=hour",
            "usage-acme-2026-11-01-to-2026-11-02-by-hour.csv",
        ),
        ("", "usage-acme-2026-10-21-to-2026-11-20-by-day.csv"),
    ],
)
def test_the_file_is_named_after_the_tenant_and_the_range(
    query: str, name: str, functions: Functions, key: str
) -> None:
    answer = functions.get(key, f"{SERIES}?format=csv&{query}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize(
    ("query", "begins"), [("", '"start"'), ("bom=false", '"start"'), ("bom=true", '\ufeff"start"')]
)
def test_a_byte_order_mark_is_there_on_request(
    query: str, begins: str, functions: Functions, key: str
) -> None:
    assert text_of(functions, key, query).startswith(begins)


def test_what_is_neither_true_nor_false_is_refused(functions: Functions, key: str) -> None:
    (problem,) = refused(functions.get(key, f"{SERIES}?format=csv&bom=maybe"), 422)["errors"]
    assert problem["field"] == "bom"


STARTS = "=+-@＝＋－＠\t\r\n"
texts = st.text(st.sampled_from([*STARTS, *" ;,\"'a1"]) | st.characters(), max_size=12)


@given(st.text("=＠- ;\t\"'a", max_size=12), st.sampled_from([",", ";", "\t"]))
@example("a;=1", ";")
@example("a\t＠1", "\t")
@example('"; =1', ";")
def test_no_separator_makes_a_cell_that_a_spreadsheet_runs(text: str, separator: str) -> None:
    """A spreadsheet splits at its locale's separator; a file with commas is then one cell until a `;` or a tab."""
    line = f'"2026","x",{text_cell(text)}'
    cells = line.split(separator) if separator != "," else next(csv.reader(io.StringIO(line, newline="")))
    assert not any(cell.lstrip(" ").startswith(tuple("=+-@＝＋－＠")) for cell in cells)


@given(texts)
def test_a_text_is_one_cell_and_only_apostrophes_are_added(text: str) -> None:
    (row,) = csv.reader(io.StringIO(f"{text_cell(text)},1", newline=""))
    assert row[0].replace("'", "") == text.replace("'", "")
    assert row[1] == "1"
