"""Starts a function: reads its configuration, and prepares what its first requests need."""

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence

from shared.config import load_config
from shared.container import Container
from shared.domain.errors import ConfigurationError
from shared.logs import write_json_lines

NEW_OBJECTS_PER_COLLECTION = 50_000
"""Python's default of 700 would start several collections in every batch."""


def start(
    *,
    required: Iterable[str] = (),
    required_when_deployed: Iterable[str] = (),
    takes_members: bool = False,
    prices_events: bool = False,
) -> Container:
    """Return the container of a function; exit with a list of all problems if the configuration is invalid.

    The function logs JSON lines from now on. `required` names variables that it needs, `required_when_deployed` those
    that are not needed on a developer's machine. `takes_members` and `prices_events` say what to prepare in the
    serving process, beside its first requests.
    """
    container = configured(required, required_when_deployed)
    write_json_lines(container.config.project_id)
    if container.config.store == "firestore":
        sign_in = [lambda: container.sign_in] if takes_members else []
        prices = [container.load_prices] if prices_events else []
        _after_fork([*prices, container.first_call, *sign_in])
    return container


def configured(required: Iterable[str] = (), required_when_deployed: Iterable[str] = ()) -> Container:
    """Return a container with the configuration of the environment; exit with its problems if it is invalid."""
    try:
        return Container(load_config(os.environ, required, required_when_deployed))
    except ConfigurationError as error:
        sys.exit(error.message)


def _after_fork(warm_ups: Sequence[Callable[[], object]]) -> None:
    """Run `warm_ups` in the worker that functions-framework forks after it has imported main.py."""

    def run() -> None:
        for warm_up in warm_ups:
            warm_up()
        limit_garbage_collection()

    os.register_at_fork(
        after_in_child=lambda: threading.Thread(target=run, name="warm-up", daemon=True).start()
    )


def limit_garbage_collection() -> None:
    """Collect cyclic garbage rarely, and never among the modules and the price catalog loaded at start-up.

    A batch of 500 events creates thousands of objects without cycles; collecting took a fifth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS_PER_COLLECTION)
