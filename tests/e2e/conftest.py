"""One empty stack for every test that needs no other: starting one takes as long as most tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.running import RunningStack, running_stack
from tests.tools.warm_python import warm_python
from tools.dev.settings import ROOT


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that looks like a checkout in which `make dev` runs."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("shared", "tools"):
        (folder / name).symlink_to(ROOT / name)
    for name in (".local", ".venv/bin"):
        (folder / name).mkdir(parents=True)
    with warm_python(folder / ".venv/bin"):
        yield folder


@pytest.fixture(scope="session")
def empty_stack(checkout: Path) -> Iterator[RunningStack]:
    """The stack of `make dev ARGS="--empty"`; test_billing.py comes first, because Stripe's clock moves forwards."""
    with running_stack(checkout / ".local", "--empty") as running:
        yield running
