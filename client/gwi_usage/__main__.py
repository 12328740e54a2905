"""The command `python -m gwi_usage outbox`: show what waits, send it, and export it."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from gwi_usage import Meter
from gwi_usage.outbox import contents
from gwi_usage.outbox.files import files_of
from gwi_usage.outbox.store import Store
from gwi_usage.settings import default_outbox


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    path = _path(options.file)
    if path is None:
        return _fail("Name the outbox with --file, or set GWI_KEY and GWI_URL.")
    action: Callable[[Store, Path], int] = options.action
    results = [_done(action, each) for each in files_of(path) if each.exists()]
    return max(results) if results else _fail(f"There is no outbox at {path}.")


def _done(action: Callable[[Store, Path], int], path: Path) -> int:
    try:
        with closing(Store(path)) as store:
            return action(store, path)
    except sqlite3.Error as error:
        return _fail(f"The outbox {path} cannot be used: {error}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gwi_usage", description="GWI Usage for agents.")
    outbox = parser.add_subparsers(required=True, metavar="outbox").add_parser(
        "outbox", help="events that wait, and events that were refused"
    )
    actions = outbox.add_subparsers(required=True, metavar="show|retry|export")
    for name, action, text in (
        ("show", _show, "count what waits, and what was refused and why"),
        ("retry", _retry, "send everything now, refused events too; needs GWI_KEY and GWI_URL"),
        ("export", _export, "print each event with its state, as a line of JSON"),
    ):
        command = actions.add_parser(name, help=text)
        command.add_argument("--file", type=Path, help="the outbox (default: the one of GWI_KEY and GWI_URL)")
        command.set_defaults(action=action)
    return parser


def _path(chosen: Path | None) -> Path | None:
    key, url = os.environ.get("GWI_KEY"), os.environ.get("GWI_URL")
    return chosen or (default_outbox(key, url) if key and url else None)


def _show(store: Store, path: Path) -> int:
    found = contents.summary(store)
    since = f", the oldest since {found.oldest:%Y-%m-%d %H:%M:%S} UTC" if found.oldest else ""
    print(path)
    print(f"  waiting   {found.waiting}{since}")
    print(f"  sealed    {found.in_batches} in {found.batches} batches")
    print(f"  run ends  {found.ends}")
    print(f"  refused   {found.refused}")
    for code, message, number in contents.reasons(store):
        print(f"    {number} × {code}: {message}")
    return 0


def _retry(store: Store, path: Path) -> int:
    key, url = os.environ.get("GWI_KEY"), os.environ.get("GWI_URL")
    if not key or not url:
        return _fail("Set GWI_KEY and GWI_URL, to which the events are sent.")
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    contents.try_refused_again(store)
    with Meter(key, url, outbox=path) as meter:
        is_empty = meter.flush()
    _show(store, path)
    return 0 if is_empty and not contents.summary(store).refused else 1


def _export(store: Store, path: Path) -> int:  # noqa: ARG001 - every action has both
    for line in contents.exported(store):
        print(json.dumps(line, ensure_ascii=False))
    return 0


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
