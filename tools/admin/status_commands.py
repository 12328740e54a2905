"""The commands about the service itself, which say what the operator's console shows, in the same words."""

from argparse import Namespace
from typing import Any

from shared.container import Container
from shared.http.platform.status_reading import read_overview, read_system
from tools.admin.commands import Answer
from tools.admin.parsing import Command, add


def show_overview(container: Container, _options: Namespace) -> Answer:
    """Show the state of the whole service."""
    return Answer(read_overview(container, container.clock()).model_dump(mode="json"))


def show_system(container: Container, _options: Namespace) -> Answer:
    """Show the last ticks, and what has failed; the configuration here is that of this machine, not of a function."""
    return Answer(read_system(container).model_dump(mode="json", exclude={"configuration"}))


def add_status(subjects: Any) -> None:
    """Add the commands."""
    add(
        subjects,
        Command(
            name="overview",
            run=show_overview,
            help="show tenants, money, fold lag and failures of the whole service",
            example="overview",
        ),
    )
    add(
        subjects,
        Command(
            name="system",
            run=show_system,
            help="show the last ticks, failed events of Stripe, and messages, mails and webhooks that were given up",
            example="system",
        ),
    )
