"""The web app as a part of the stack: its configuration, and what the functions learn of it."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tools.dev.errors import StackError
from tools.dev.loopback import free_port
from tools.dev.web_app import LocalWeb, ProxyTargets, plan_web, start_web

ENVIRONMENT = {**os.environ, "FIRESTORE_EMULATOR_HOST": "127.0.0.1:8080"}
API = "http://127.0.0.1:8082"
RECORD = "http://127.0.0.1:8081"
MAIL = "http://127.0.0.1:8087"
TARGETS = ProxyTargets(api=API, record=RECORD, mail=MAIL)
VITE = "console.log(process.argv.slice(2).join(' '), JSON.stringify(process.env))"


@pytest.fixture
def web(tmp_path: Path) -> LocalWeb:
    """A web app whose Vite only tells how it is called."""
    vite = tmp_path / "web/node_modules/vite/bin/vite.js"
    vite.parent.mkdir(parents=True)
    vite.write_text(VITE)
    (tmp_path / "web/package.json").write_text("{}")
    planned = plan_web(tmp_path)
    assert planned
    return planned


def output(web: LocalWeb, logs: Path) -> str:
    server = start_web(web, TARGETS, ENVIRONMENT, logs)
    os.waitid(os.P_PID, server.process.group, os.WEXITED | os.WNOWAIT)
    server.process.stop()
    return server.process.log.read_text()


def test_without_a_web_app_there_is_nothing_to_start(tmp_path: Path) -> None:
    assert plan_web(tmp_path) is None


def test_functions_learn_its_address_and_where_its_users_sign_in(web: LocalWeb) -> None:
    assert web.settings() == {
        "GWI_WEB_ORIGIN": f"http://127.0.0.1:{web.port}",
        "FIREBASE_AUTH_EMULATOR_HOST": f"127.0.0.1:{web.auth_port}",
    }


def test_it_learns_the_api_and_the_emulators(web: LocalWeb, tmp_path: Path) -> None:
    text = output(web, tmp_path)
    assert text.startswith(f"--port {web.port} --strictPort --host 127.0.0.1 ")
    replaced = {
        "API": API,
        "RECORD": RECORD,
        "MAIL": MAIL,
        "AUTH": f"127.0.0.1:{web.auth_port}",
        "FIRESTORE": "127.0.0.1:8080",
    }
    for name, value in (replaced | {"PROJECT": "demo-gwi"}).items():
        assert f'"GWI_WEB_{name}":"{value}"' in text


def test_the_production_build_is_made_before_it_is_served_and_is_this_stacks_own(
    web: LocalWeb, tmp_path: Path
) -> None:
    build, preview = output(replace(web, built=True), tmp_path).splitlines()
    assert build.startswith(f"build --emptyOutDir --outDir {tmp_path}/web {{")
    address = f"--port {web.port} --strictPort --host 127.0.0.1 "
    assert preview.startswith(f"preview --outDir {tmp_path}/web {address}")


def test_a_build_that_fails_is_not_served(web: LocalWeb, tmp_path: Path) -> None:
    (web.folder / "node_modules/vite/bin/vite.js").write_text("console.log('broken'); process.exit(3)")
    server = start_web(replace(web, built=True), TARGETS, ENVIRONMENT, tmp_path)
    os.waitid(os.P_PID, server.process.group, os.WEXITED | os.WNOWAIT)
    assert server.process.exit_code() == 3
    assert server.process.log.read_text() == "broken\n"


def test_missing_packages_are_named_with_what_installs_them(tmp_path: Path) -> None:
    web = LocalWeb(folder=tmp_path, port=free_port(), auth_port=free_port(), built=False)
    with pytest.raises(StackError, match=r"vite\.js is missing; `make dev` and `make test` install it"):
        start_web(web, TARGETS, ENVIRONMENT, tmp_path)
