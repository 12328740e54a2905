"""The commands about the platform's own prices."""

from argparse import Namespace
from typing import Any

from shared.container import Container
from shared.domain.prices.price_book import PriceEntry, PriceKey, book_provider
from shared.domain.prices.price_file import format_prices
from shared.usecases.prices import manage_prices
from tools.admin.commands import Answer, change_of
from tools.admin.files import read_text

_SHOWN_CHANGES = 20


def list_prices(container: Container, options: Namespace) -> Answer:
    """Print the price file, or the last changes."""
    if options.changes:
        changes = container.price_books.list_price_changes(_SHOWN_CHANGES)
        rows = [{"at": each.at.isoformat(), "actor": each.actor, "action": each.action} for each in changes]
        return Answer({"changes": rows})
    book = manage_prices.read_book(container.price_books)
    text = format_prices(book.entries)
    return Answer({"version": book.version, "prices": text}, text=f"# version {book.version}\n{text}")


def set_price(container: Container, options: Namespace) -> Answer:
    """Add or replace one price."""
    text = "\n".join(("[[price]]", *options.lines, ""))
    return _answer(
        manage_prices.set_price(container.price_books, text, change_of(container).because(options.reason))
    )


def remove_price(container: Container, options: Namespace) -> Answer:
    """Remove the prices of a model."""
    model, prefix = (each and each.strip().lower() for each in (options.model, options.model_prefix))
    key = PriceKey(options.tenant, book_provider(options.provider), model, prefix)
    change = change_of(container).because(options.reason)
    return _answer(manage_prices.remove_price(container.price_books, key, options.starts, change))


def import_prices(container: Container, options: Namespace) -> Answer:
    """Replace all prices by those of a file."""
    text = read_text(options.file)
    change = change_of(container).because(options.reason)
    return _answer(
        manage_prices.import_prices(container.price_books, text, change, is_dry_run=options.dry_run)
    )


def _answer(changes: manage_prices.PriceChanges) -> Answer:
    content: dict[str, Any] = {
        "version": changes.version,
        "added": [_row(each) for each in changes.added],
        "removed": [_row(each) for each in changes.removed],
    }
    return Answer(content)


def _row(entry: PriceEntry) -> str:
    return " ".join(format_prices([entry]).split()[1:])
