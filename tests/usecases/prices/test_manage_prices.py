"""Changing the platform's prices: all or nothing, shown before, kept with who did it."""

from datetime import date, timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Conflict, InvalidInput, NotFound
from shared.domain.people.audit import AuditEntry, Change
from shared.domain.prices.price_book import EMPTY_BOOK, MAX_ENTRIES, PriceBook, PriceKey
from shared.domain.prices.price_file import parse_prices
from shared.ports import StalePrices
from shared.usecases.prices.manage_prices import (
    Edit,
    addition,
    change_prices,
    preview_prices,
    read_book,
    removal,
    replacement,
)
from shared.usecases.prices.read_prices import REMEMBERED_FOR, PriceReader
from tests.sample_events import NOON

CHANGE = Change("admin:ada", NOON, "contract")


def table(model: str, percent: str = "-15", day: str = "2026-11-01") -> str:
    return f'[[price]]\nprovider = "openai"\nmodel = "{model}"\nfrom = "{day}"\npercent = "{percent}"\n'


def all_of(text: str) -> Edit:
    return replacement(parse_prices(text))


def models(book: PriceBook) -> list[str | None]:
    return [entry.key.model for entry in book.entries]


def test_an_import_replaces_everything_and_says_what_changed() -> None:
    books = MemoryStore()
    change_prices(books, all_of(table("a") + table("b")), CHANGE)
    changes = change_prices(books, all_of(table("b") + table("c")), CHANGE)
    assert [each.key.model for each in changes.added] == ["c"]
    assert [each.key.model for each in changes.removed] == ["a"]
    assert (read_book(books).version, models(read_book(books))) == (2, ["b", "c"])
    (last, first) = books.list_price_changes(5)
    assert (last.actor, last.reason, last.action) == ("admin:ada", "contract", "prices.version_2")
    assert 'model = "a"' in (last.before or "")
    assert 'model = "c"' in (last.after or "")
    assert first.before is None


def test_a_preview_and_a_wrong_file_change_nothing() -> None:
    books = MemoryStore()
    change_prices(books, all_of(table("a")), CHANGE)
    assert [each.key.model for each in preview_prices(books, all_of(table("b"))).added] == ["b"]
    with pytest.raises(InvalidInput):
        all_of(table("b") + table("b"))
    assert (read_book(books).version, models(read_book(books))) == (1, ["a"])


def test_the_same_file_again_is_no_new_version() -> None:
    books = MemoryStore()
    for _ in range(2):
        assert change_prices(books, all_of(table("a")), CHANGE).version == 1
    assert preview_prices(books, all_of(table("a"))).version == 1
    assert len(books.list_price_changes(5)) == 1


def test_one_price_is_set_replaced_and_removed() -> None:
    books = MemoryStore()
    for percent in ("-10", "-20"):
        change_prices(books, addition(table("a", percent)), CHANGE)
    change_prices(books, addition(table("a", "-30", "2026-12-01")), CHANGE)
    assert [(str(each.percent), each.starts.month) for each in read_book(books).entries] == [
        ("-20", 11),
        ("-30", 12),
    ]
    key = PriceKey(None, "openai", "a", None)
    change_prices(books, removal(key, date(2026, 11, 1)), CHANGE)
    assert [each.starts.month for each in read_book(books).entries] == [12]
    change_prices(books, removal(key, None), CHANGE)
    assert read_book(books).entries == ()
    with pytest.raises(NotFound, match="openai/a"):
        change_prices(books, removal(key, None), CHANGE)
    with pytest.raises(InvalidInput, match="not 2"):
        addition(table("a") + table("b"))


def test_who_read_an_older_version_is_refused_and_changes_nothing() -> None:
    books = MemoryStore()
    change_prices(books, addition(table("a")), CHANGE, read_version=0)
    with pytest.raises(Conflict, match="their version is 1 now"):
        preview_prices(books, addition(table("b")), read_version=0)
    with pytest.raises(Conflict) as refusal:
        change_prices(books, addition(table("b")), CHANGE, read_version=0)
    assert refusal.value.code == "changed_meanwhile"
    assert models(read_book(books)) == ["a"]


def test_a_book_has_room_for_so_many_prices_and_no_more() -> None:
    books, most = MemoryStore(), "".join(table(f"m{number}") for number in range(MAX_ENTRIES))
    change_prices(books, all_of(most), CHANGE)
    with pytest.raises(InvalidInput, match="there would be 5001 prices"):
        change_prices(books, addition(table("one-more")), CHANGE)


def test_two_people_at_once_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    books = MemoryStore()
    save = books.save_prices

    def save_second(book: PriceBook, audit: AuditEntry) -> None:
        monkeypatch.setattr(books, "save_prices", save)
        change_prices(books, addition(table("theirs")), CHANGE)
        raise StalePrices

    monkeypatch.setattr(books, "save_prices", save_second)
    change_prices(books, addition(table("mine")), CHANGE)
    assert models(read_book(books)) == ["theirs", "mine"]


def test_prices_are_remembered_for_a_minute() -> None:
    books = MemoryStore()
    reader = PriceReader(books)
    assert reader.current(NOON) is reader.current(NOON) is EMPTY_BOOK or reader.current(NOON).version == 0
    change_prices(books, addition(table("a")), CHANGE)
    assert reader.current(NOON + REMEMBERED_FOR - timedelta(microseconds=1)).version == 0
    assert reader.current(NOON + REMEMBERED_FOR).version == 1
