"""The platform's list of tenants as a CSV file: every tenant of the filters, and nothing that a spreadsheet runs."""

import csv
import io
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from shared.domain.people.tenants import TenantProfile
from shared.http.people import tenant_files
from shared.stores import process_memory
from tests.http.serving import Functions, refused

HTML = '<img src=x onerror="alert(1)">'


@pytest.fixture
def key(functions: Functions) -> str:
    """A platform key, where t1 to t5 are tenants: the odd ones on plan starter, the even ones on plan free."""
    for number in range(1, 6):
        functions.create_tenant(f"t{number}", "starter" if number % 2 else "free")
        functions.clock.pass_by(timedelta(minutes=1))
    return functions.create_platform_key()


def ask(functions: Functions, key: str, query: str = "") -> TestResponse:
    answer = functions.get(key, f"/tenants?format=csv{query}")
    assert (answer.status_code, answer.content_type) == (200, "text/csv; charset=utf-8")
    return answer


def rows_of(answer: TestResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))


def ids_of(answer: TestResponse) -> list[str]:
    return [row["id"] for row in rows_of(answer)]


def test_the_file_has_all_tenants_of_the_filters_whatever_the_limit(functions: Functions, key: str) -> None:
    answer = ask(functions, key, "&plan=starter&sort=name&limit=1")
    assert ids_of(answer) == ["t1", "t3", "t5"]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tenants-2026-11-20.csv"'
    assert "GWI-Next-Cursor" not in answer.headers


def test_a_row_says_what_the_list_says(functions: Functions, key: str) -> None:
    (listed,) = functions.read(key, "/tenants?q=t1")["tenants"]
    (row,) = rows_of(ask(functions, key, "&q=t1"))
    usage = listed.pop("usage")
    words = {True: "true", False: "false", None: ""}
    assert row == {
        name: words[value] if value is None or isinstance(value, bool) else str(value)
        for name, value in {**listed, **usage}.items()
    }


def test_pages_follow_each_other_until_the_last(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant_files, "_ROWS_PER_PAGE", 2)
    assert ids_of(ask(functions, key)) == ["t5", "t4", "t3", "t2", "t1"]


@pytest.mark.parametrize(("most", "is_cut"), [(4, True), (5, False)])
def test_a_file_that_is_cut_says_so_and_where_to_go_on(
    most: int, is_cut: bool, functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant_files, "MAX_CSV_TENANTS", most)
    answer = ask(functions, key)
    *rows, last = rows_of(answer)
    if not is_cut:
        assert [*(row["id"] for row in rows), last["id"]] == ["t5", "t4", "t3", "t2", "t1"]
        return
    assert [row["id"] for row in rows] == ["t5", "t4", "t3", "t2"]
    assert last["id"].startswith("Cut after 4 tenants")
    assert "-cut.csv" in answer.headers["Content-Disposition"]
    assert ids_of(ask(functions, key, f"&cursor={answer.headers['GWI-Next-Cursor']}")) == ["t1"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [(HTML, HTML), ("=1+2", "'=1+2"), ("a;@SUM(A1)", "a;'@SUM(A1)"), ('say "hi", ünï', 'say "hi", ünï')],
)
def test_a_name_is_text_and_never_a_formula(name: str, shown: str, functions: Functions, key: str) -> None:
    store = process_memory()
    entry = store.list_audit("t1", limit=1).items[0]
    store.set_profile("t1", TenantProfile(name, {}), entry)
    (row,) = rows_of(ask(functions, key, "&q=t1"))
    assert row["name"] == shown


def test_excel_gets_its_byte_order_mark_if_asked(functions: Functions, key: str) -> None:
    assert ask(functions, key, "&bom=true").get_data().startswith(b'\xef\xbb\xbf"id"')


def test_a_bad_cursor_is_refused_as_in_the_list(functions: Functions, key: str) -> None:
    refused(functions.get(key, "/tenants?format=csv&cursor=x"), 400, "invalid_cursor")
    refused(functions.get(key, "/tenants?format=xls"), 422)
