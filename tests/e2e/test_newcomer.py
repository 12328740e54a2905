"""A newcomer's first minutes: the README's commands in a fresh environment, and a cost on the dashboard."""

import os
import subprocess
import sys
from decimal import Decimal
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from shared.domain.prices.money import nanousd_from_decimal
from tests.e2e.running import RunningStack
from tests.tools.documents import CLIENT
from tools.dev.settings import ROOT

# `make build` would also build the web app; Python links what the client needs, so that no registry is asked.
STAND_INS = """
make() { "$PYTHON_OF_THE_TEST/uv" build client --out-dir dist/client --no-build-isolation --offline --quiet \\
    --python "$PYTHON_OF_THE_TEST/python"; }
python3() { "$PYTHON_OF_THE_TEST/python" "$@" && ln -s $PACKAGES agent/lib/python3*/site-packages/; }
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
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


def test_the_commands_of_the_readme_lead_to_a_cost(empty_stack: RunningStack, source: Path) -> None:
    spent = nanousd(empty_stack)
    (commands, *_), (code, *_) = [text for language, text in CLIENT.blocks if language == "sh"], CLIENT.python
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "PYTHON_OF_THE_TEST": str(Path(sys.executable).parent),
        "PACKAGES": " ".join(sorted(place for package in needed("httpx") for place in places(package))),
        "PIP_NO_INDEX": "1",
        "XDG_STATE_HOME": str(source),
        "NO_PROXY": "127.0.0.1",
    }
    placeholders = "export GWI_URL=... GWI_KEY=..."
    assert placeholders in commands
    settings = (
        f"export GWI_URL={empty_stack.entries['record_usage']} GWI_KEY={empty_stack.entries['api_key']}"
    )
    script = STAND_INS + commands.replace(placeholders, settings) + "python -W error - \n"
    done = subprocess.run(
        ["sh", "-euc", script], input=code, cwd=source, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert nanousd(empty_stack) == spent + 1_200 * 400 + 300 * 1_600


def nanousd(stack: RunningStack) -> int:
    return nanousd_from_decimal(Decimal(stack.tenant("usage")["aggregate"]["total_cost_usd"]))
