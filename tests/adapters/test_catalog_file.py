"""A newer price catalog in a file: checked before it is used, never older, never a part of one."""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from genai_prices.types import ModelPrice

from shared.adapters.catalog_file import CatalogFile
from shared.adapters.memory import MemoryStore
from shared.domain.prices import catalog as catalogs
from shared.domain.prices.catalog import pinned_catalog, resolve_provider
from shared.domain.prices.priced_models import Price
from shared.domain.prices.pricing import price_of
from shared.domain.prices.token_pools import CallUsage, TokenPools
from shared.ports import BrokenCatalog
from shared.usecases.prices.read_prices import CATALOG_CHECKED_EVERY, REMEMBERED_FOR, PriceReader

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MILLION = CallUsage(TokenPools(1_000_000, 0, 1_000_000))
LEFT_OUT = {"extractors", "_lookup_cache", "_registry"}


def raw(value: Any) -> Any:
    """Return a part of the catalog as the data file of genai-prices has it."""
    if isinstance(value, ModelPrice):
        return {name: raw(price) for name, price in vars(value).items() if price is not None}
    if is_dataclass(value) and not isinstance(value, type):
        named = ((each.name, getattr(value, each.name)) for each in fields(value))
        return {
            {"or_": "or", "and_": "and"}.get(name, name): raw(part)
            for name, part in named
            if part is not None and name not in LEFT_OUT
        }
    if isinstance(value, list):
        return [raw(item) for item in value]
    if isinstance(value, dict):
        return {name: raw(item) for name, item in value.items()}
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, (str, int, bool)) else value.isoformat()


@pytest.fixture(scope="module")
def data() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = raw(pinned_catalog().providers)
    return found


@pytest.fixture(autouse=True)
def pinned_again() -> Iterator[None]:
    yield
    catalogs._in_use.clear()
    catalogs._providers_by_id.cache_clear()
    resolve_provider.cache_clear()


def changed(data: list[dict[str, Any]], usd: float) -> list[dict[str, Any]]:
    """Return the catalog with another price of gpt-4o's input."""
    copy: list[dict[str, Any]] = json.loads(json.dumps(data))
    openai = next(provider for provider in copy if provider["id"] == "openai")
    model = next(model for model in openai["models"] if model["id"] == "gpt-4o")
    model["prices"]["input_mtok"] = usd
    return copy


def price() -> Price:
    return price_of(resolve_provider("openai"), "gpt-4o", NOW, MILLION)


def write(file: Path, content: str | bytes, seconds: int = 0) -> None:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(file, (1_800_000_000 + seconds,) * 2)


def test_a_newer_catalog_is_used_from_the_next_look_on(data: list[dict[str, Any]], tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    reader = PriceReader(MemoryStore(), CatalogFile(file))
    write(file, json.dumps(changed(data, 7.5)))
    before = price()
    assert before.source == pinned_catalog().version
    reader.current(NOW)
    assert price().nanousd == 7_500_000_000
    assert (price().source or "").startswith(f"{pinned_catalog().version}+")
    write(file, json.dumps(changed(data, 8)), seconds=1)
    reader.current(NOW + CATALOG_CHECKED_EVERY - timedelta(seconds=1))
    assert price().nanousd == 7_500_000_000
    reader.current(NOW + CATALOG_CHECKED_EVERY + REMEMBERED_FOR)
    assert price().nanousd == 8_000_000_000


def test_a_file_that_has_not_changed_is_not_read_again(data: list[dict[str, Any]], tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    write(file, json.dumps(data))
    source = CatalogFile(file)
    assert source.read_if_changed() is not None
    assert source.read_if_changed() is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '[{"id": 1}]', b"\xff", "[" * 100_000])
def test_a_broken_file_is_reported_and_not_used(
    content: str | bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "data.json"
    write(file, content)
    reader = PriceReader(MemoryStore(), CatalogFile(file))
    with caplog.at_level(logging.WARNING):
        reader.current(NOW)
    assert "is not used" in caplog.text
    assert price().source == pinned_catalog().version
    # The same file is not complained about every hour.
    caplog.clear()
    reader.current(NOW + CATALOG_CHECKED_EVERY)
    assert caplog.text == ""


def test_a_directory_or_nothing_is_no_catalog(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(BrokenCatalog, match="cannot be read"):
            CatalogFile(path).read_if_changed()


def test_a_part_of_a_catalog_is_refused(data: list[dict[str, Any]], tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    write(file, json.dumps([provider for provider in data if provider["id"] == "openai"]))
    with pytest.raises(BrokenCatalog, match="models; the catalog of this release has"):
        CatalogFile(file).read_if_changed()


def test_an_older_catalog_is_refused(data: list[dict[str, Any]], tmp_path: Path) -> None:
    newest = catalogs.newest_price_of(pinned_catalog())
    file = tmp_path / "data.json"
    write(file, json.dumps(data).replace(newest.isoformat(), date(2025, 1, 1).isoformat()))
    with pytest.raises(BrokenCatalog, match=f"not {newest}"):
        CatalogFile(file).read_if_changed()
