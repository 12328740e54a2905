"""A newcomer's first minutes: the README's commands in a fresh environment, and a cost on the dashboard."""

import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from shared.domain.prices.money import nanousd_from_decimal
from tests.e2e.running import RunningStack, running_stack
from tests.tools.documents import Document
from tools.dev.settings import ROOT

README = Document(ROOT / "client/README.md")
# `make build` would also build the web app; Python links what the client needs, so that no registry is asked.
STAND_INS = """
make() { "$PYTHON_OF_THE_TEST/uv" build client --out-dir dist/client --no-build-isolation --offline --quiet \\
    --python "$PYTHON_OF_THE_TEST/python"; }
python3() { "$PYTHON_OF_THE_TEST/python" "$@" && ln -s $PACKAGES agent/lib/python3*/site-packages/; }
"""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[RunningStack]:
    (tmp_path / ".local").mkdir()
    with running_stack(tmp_path / ".local", "--empty", "--memory") as running:
        yield running


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the client's source alone."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "client").symlink_to(ROOT / "client")
    return folder


def needed(package: str) -> set[str]:
    """Return a package and those that it requires, without extras."""
    found = {package}
    for requirement in map(Requirement, distribution(package).requires or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found |= needed(requirement.name)
    return found


def places(package: str) -> set[str]:
    """Return the files and folders of an installed package, with its metadata."""
    installed = distribution(package)
    tops = {file.parts[0] for file in installed.files or ()} - {"..", "__pycache__"}
    return {str(installed.locate_file(top)) for top in tops}


def test_the_commands_of_the_readme_lead_to_a_cost(stack: RunningStack, checkout: Path) -> None:
    (commands, *_), (code, *_) = [text for language, text in README.blocks if language == "sh"], README.python
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "PYTHON_OF_THE_TEST": str(Path(sys.executable).parent),
        "PACKAGES": " ".join(sorted(place for package in needed("httpx") for place in places(package))),
        "PIP_NO_INDEX": "1",
        "XDG_STATE_HOME": str(checkout),
        "NO_PROXY": "127.0.0.1",
    }
    placeholders = "export GWI_URL=... GWI_KEY=..."
    assert placeholders in commands
    settings = f"export GWI_URL={stack.entries['record_usage']} GWI_KEY={stack.entries['api_key']}"
    script = STAND_INS + commands.replace(placeholders, settings) + "python -W error - \n"
    done = subprocess.run(
        ["sh", "-euc", script], input=code, cwd=checkout, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    spent = nanousd_from_decimal(Decimal(stack.tenant("usage")["aggregate"]["total_cost_usd"]))
    assert spent == 1_200 * 400 + 300 * 1_600
