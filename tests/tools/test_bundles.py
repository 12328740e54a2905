"""The functions as they are deployed run on pins of their own."""

import re
import subprocess
from pathlib import Path

from tools.dev.bundles import own_python
from tools.dev.settings import ROOT

PINS = (ROOT / "functions/aggregate/requirements.txt").read_text()


def test_a_stack_that_starts_again_in_its_folder_has_its_pins_and_nothing_else(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    for package in ("certifi", "idna"):
        (pin,) = re.findall(rf"^{package}==.*(?:\n    --hash=\S+(?: \\)?)+", PINS, re.MULTILINE)
        requirements.write_text(pin.removesuffix(" \\"))
        python = own_python(tmp_path / "venv", requirements)
        found = "import importlib.metadata as m; print(*(each.name for each in m.distributions()))"
        assert subprocess.check_output([python, "-c", found], text=True).split() == [package]
