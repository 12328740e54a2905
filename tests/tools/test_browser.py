"""Finding a browser for the end-to-end tests, and installing one where there is none."""

from pathlib import Path

import pytest

from tools.dev.browser import find_browser, provide_browser
from tools.dev.errors import StackError

ROOT_ID, SOMEBODY_ID = 0, 1000


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH: a machine with nothing but Node, which answers with what it is asked."""
    folder = tmp_path / "path"
    folder.mkdir()
    executable(folder / "node", '[ "$1" = --version ] && echo v22.1.0 && exit\nprintf "%s" "$*" | tail -c 40')
    executable(folder / "tail", 'exec /usr/bin/tail "$@"')
    monkeypatch.setenv("PATH", str(folder))
    return folder


def executable(file: Path, script: str = "") -> None:
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@pytest.mark.parametrize("name", ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"])
def test_the_browser_of_the_machine_is_used_by_whomever(path: Path, name: str) -> None:
    executable(path / name)
    assert find_browser() == provide_browser(ROOT_ID) == provide_browser(SOMEBODY_ID) == path / name


def test_the_browser_without_windows_is_preferred(path: Path) -> None:
    executable(path / "chromium")
    executable(path / "chromium-headless-shell")
    assert find_browser() == path / "chromium-headless-shell"


def test_root_installs_the_package_of_debian(path: Path) -> None:
    name = "chromium-headless-shell"
    install = f"printf '#!/bin/sh' > {path}/{name}; /bin/chmod +x {path}/{name}"
    wanted = f"satisfy --no-install-recommends {name} | chromium"
    executable(path / "apt-get", f'case "$*" in *"{wanted}") {install};; esac')
    assert provide_browser(ROOT_ID) == path / name


def test_others_get_the_browser_of_playwright(path: Path) -> None:
    executable(path / "apt-get", "exit 100")
    assert str(provide_browser(SOMEBODY_ID)).endswith("chromium.executablePath())")


def test_a_failing_installation_is_reported_with_its_complaint(path: Path) -> None:
    executable(path / "apt-get", "echo 'E: no network' >&2; exit 100")
    with pytest.raises(
        StackError, match=r"(?s)No browser for the tests: `apt-get .*update` failed:.*no network"
    ):
        provide_browser(ROOT_ID)
