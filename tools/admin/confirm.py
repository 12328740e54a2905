"""Say which project a command changes, and ask before it changes one that is not local."""

import sys
from argparse import Namespace

from shared.config import Config
from shared.domain.errors import InvalidInput

_LIVE_KEYS = ("sk_live_", "rk_live_")


def confirm_change(config: Config, options: Namespace) -> None:
    """Name the project that the command changes; raise InvalidInput unless it is local or its change is confirmed.

    Nothing is said about a local project with `--json`: scripts read the code of an error at the start of its output.
    """
    is_local = config.is_local and not (options.uses_stripe and _is_stripe(config))
    if not _changes_something(options) or (is_local and (options.json or config.store == "memory")):
        return
    print(f"This changes {_target(config, options)}.", file=sys.stderr)
    if is_local or options.yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInput("nothing was changed: add --yes to change it without being asked")
    word = config.project_id or "yes"
    print(f"Type {word} to continue: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != word:
        raise InvalidInput("nothing was changed")


def _changes_something(options: Namespace) -> bool:
    is_report = getattr(options, "dry_run", False) or not all(
        getattr(options, name, True) for name in ("repair", "apply", "refresh")
    )
    return bool(options.changes) and not is_report


def _target(config: Config, options: Namespace) -> str:
    place = f" in the emulator at {config.firestore_emulator}" if config.firestore_emulator else ""
    stripe = f" and {_stripe(config)}" if options.uses_stripe else ""
    project = "a store in memory" if config.store == "memory" else f"project {config.project_id}"
    return f"{project}{place}{stripe}"


def _stripe(config: Config) -> str:
    if not _is_stripe(config):
        return f"Stripe's double at {config.stripe_api_base}" if config.stripe_api_base else "no Stripe"
    is_live = (config.stripe_api_key or "").startswith(_LIVE_KEYS)
    return f"Stripe in {'live' if is_live else 'test'} mode"


def _is_stripe(config: Config) -> bool:
    """Return whether the command reaches Stripe itself, and not its double."""
    return config.stripe_api_key is not None and config.stripe_api_base is None
