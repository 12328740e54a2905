"""The commands about the platform's own prices."""

from argparse import Namespace
from typing import Any

from shared.container import Container
from shared.domain.billing.price_effects import PriceEffect
from shared.domain.prices.money import usd_string
from shared.domain.prices.price_book import PriceEntry, PriceKey, book_provider
from shared.domain.prices.price_file import format_prices, parse_prices
from shared.usecases.prices.manage_prices import (
    Edit,
    PriceChanges,
    addition,
    change_prices,
    preview_prices,
    read_book,
    removal,
    replacement,
)
from tools.admin.commands import Answer, change_of
from tools.admin.files import read_text

_SHOWN_CHANGES = 20


def list_prices(container: Container, options: Namespace) -> Answer:
    """Print the price file, or the last changes."""
    if options.changes:
        changes = container.price_books.list_price_changes(_SHOWN_CHANGES)
        rows = [{"at": each.at.isoformat(), "actor": each.actor, "action": each.action} for each in changes]
        return Answer({"changes": rows})
    book = read_book(container.price_books)
    text = format_prices(book.entries)
    return Answer({"version": book.version, "prices": text}, text=f"# version {book.version}\n{text}")


def set_price(container: Container, options: Namespace) -> Answer:
    """Add or replace one price."""
    text = "\n".join(("[[price]]", *options.lines, ""))
    return _edited(container, options, addition(text))


def remove_price(container: Container, options: Namespace) -> Answer:
    """Remove the prices of a model."""
    model, prefix = (each and each.strip().lower() for each in (options.model, options.model_prefix))
    key = PriceKey(options.tenant, book_provider(options.provider), model, prefix)
    return _edited(container, options, removal(key, options.starts))


def import_prices(container: Container, options: Namespace) -> Answer:
    """Replace all prices by those of a file."""
    return _edited(container, options, replacement(parse_prices(read_text(options.file))))


def _edited(container: Container, options: Namespace, edit: Edit) -> Answer:
    """Change the prices, or with `--dry-run` only say what would change."""
    books = container.price_books
    changes = preview_prices(books, edit)
    effect = container.price_estimator.estimate(changes, container.clock())
    if not options.dry_run:
        changes = change_prices(books, edit, change_of(container).because(options.reason))
    return _answer(changes, effect)


def _answer(changes: PriceChanges, effect: PriceEffect) -> Answer:
    content: dict[str, Any] = {
        "version": changes.version,
        "added": [_row(each) for each in changes.added],
        "removed": [_row(each) for each in changes.removed],
        "effect": {
            "tenants": effect.tenants,
            "cost_before_usd": usd_string(effect.cost_before_nanousd),
            "cost_after_usd": usd_string(effect.cost_after_nanousd),
            "negative_before": effect.negative_before,
            "negative_after": effect.negative_after,
            "sentences": list(effect.sentences),
            "is_cut": effect.is_cut,
        },
    }
    return Answer(content)


def _row(entry: PriceEntry) -> str:
    return " ".join(format_prices([entry]).split()[1:])
