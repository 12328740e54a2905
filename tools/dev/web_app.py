"""The dashboard as a local server, and what it and the functions know of each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.dev.errors import StackError
from tools.dev.firebase_tools import node
from tools.dev.loopback import HOST, free_port
from tools.dev.processes import ChildProcess, Command, Server
from tools.dev.settings import PROJECT_ID, ROOT, USUAL_AUTH_PORT, USUAL_WEB_PORT

_VITE = "node_modules/vite/bin/vite.js"
# The build is part of the process: when it fails, the stack ends with its log. And it is this stack's own: another
# stack may be serving its build.
_BUILD_AND_PREVIEW = """
node=$0 vite=$1 built=$2; shift 2
"$node" "$vite" build --emptyOutDir --outDir "$built" && exec "$node" "$vite" preview --outDir "$built" "$@"
"""


@dataclass(frozen=True)
class ProxyTargets:
    """The addresses to which the web app's server passes requests on."""

    api: str
    record: str
    mail: str


@dataclass(frozen=True, kw_only=True)
class LocalWeb:
    """A web app and the Auth emulator that signs its users in.

    Functions need both addresses before either starts, so both ports are chosen first.
    """

    folder: Path
    port: int
    auth_port: int
    built: bool
    """Serve the production build instead of the sources."""

    def settings(self) -> dict[str, str]:
        """Return the environment for the functions and the admin tool."""
        return {
            "GWI_WEB_ORIGIN": f"http://{HOST}:{self.port}",
            "FIREBASE_AUTH_EMULATOR_HOST": f"{HOST}:{self.auth_port}",
        }


def plan_web(root: Path = ROOT, *, built: bool = False) -> LocalWeb | None:
    """Choose the ports; None where `root` has no web app."""
    folder = root / "web"
    if not (folder / "package.json").exists():
        return None
    port, auth_port = free_port(USUAL_WEB_PORT), free_port(USUAL_AUTH_PORT)
    return LocalWeb(folder=folder, port=port, auth_port=auth_port, built=built)


def start_web(web: LocalWeb, targets: ProxyTargets, environment: Mapping[str, str], logs: Path) -> Server:
    """Start Vite's development server, or the production build as Hosting serves it; it is not ready yet.

    Raises StackError where Node or the app's packages are missing.
    """
    vite = web.folder / _VITE
    if not vite.exists():
        raise StackError(f"web/{_VITE} is missing; `make dev` and `make test` install it.")
    address = ["--port", str(web.port), "--strictPort", "--host", HOST]
    own = {
        **environment,
        "GWI_WEB_API": targets.api,
        "GWI_WEB_RECORD": targets.record,
        "GWI_WEB_MAIL": targets.mail,
        "GWI_WEB_AUTH": f"{HOST}:{web.auth_port}",
        "GWI_WEB_FIRESTORE": environment["FIRESTORE_EMULATOR_HOST"],
        "GWI_WEB_PROJECT": PROJECT_ID,
    }
    arguments = [node(), str(vite), *address]
    if web.built:
        arguments = ["sh", "-c", _BUILD_AND_PREVIEW, node(), str(vite), str(logs.resolve() / "web"), *address]
    command = Command(arguments, own, folder=web.folder)
    return Server(ChildProcess("web", command, log=logs / "web.log"), web.port)
