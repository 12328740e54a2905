"""The functions as they are deployed: staged, each in a virtual environment that has its own pins only."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.build import stage
from tools.dev.errors import StackError
from tools.dev.functions import Function
from tools.dev.loopback import HOST, free_port
from tools.dev.processes import ChildProcess, Command, Server
from tools.dev.settings import ROOT

_UV = Path(sys.executable).parent / "uv"


def own_python(folder: Path, requirements: Path) -> Path:
    """Make a virtual environment anew with these requirements, return its interpreter; StackError if that fails."""
    python = folder / "bin/python"
    _run(str(_UV), "venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
    _run(str(_UV), "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(requirements))
    return python


def start_bundles(
    functions: Sequence[Function], environment: Mapping[str, str], folder: Path, root: Path = ROOT
) -> list[Server]:
    """Stage and start the functions as the buildpack does, by FUNCTION_TARGET; they are not ready yet."""
    inherited = {name: value for name, value in environment.items() if not name.startswith("PYTHON")}

    def start(function: Function) -> Server:
        bundle = stage(function.name, folder.resolve() / "dist", root)
        python = own_python(folder.resolve() / "venv" / function.name, bundle / "requirements.txt")
        port = free_port(function.usual_port)
        arguments = [str(python), "-m", "functions_framework", "--host", HOST, "--port", str(port)]
        own = {**inherited, "FUNCTION_TARGET": function.name, "PYTHONUNBUFFERED": "1"}
        command = Command(arguments, own, folder=bundle)
        process = ChildProcess(function.name, command, log=folder / f"{function.name}.log")
        return Server(process, port, function.probe)

    with ThreadPoolExecutor() as pool:
        return list(pool.map(start, functions))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"`{' '.join(command)}` failed:\n{done.stderr or done.stdout}")
