"""The admin tool says which project it changes, and asks before it changes one that is not local."""

import io
import shlex
from argparse import ArgumentParser, Namespace

import pytest

from shared.config import load_config
from shared.domain.errors import InvalidInput
from tests.tools.admin_calls import CREATE, Capture, failed, memory, run
from tests.tools.test_admin import leaves
from tools.admin.arguments import parser
from tools.admin.confirm import confirm_change
from tools.admin.parsing import PROGRAM

__all__ = ["memory"]

READING = {
    *("tenant list", "tenant show", "tenant export", "key list", "member list", "endpoint list"),
    *(
        "platform-key list",
        "operator list",
        "verify",
        "verify-bundle",
        "audit",
        "margin",
        "price list",
        "budget list",
        "plans show",
        "plans diff",
        "alerts",
        "overview",
        "system",
    ),
}
COMMANDS = list(leaves(parser()))
PRODUCTION = {"GOOGLE_CLOUD_PROJECT": "acme-prod"}
EMULATED = {**PRODUCTION, "FIRESTORE_EMULATOR_HOST": "127.0.0.1:9"}
MEMORY = {"GWI_STORE": "memory"}
TEST_KEY, LIVE_KEY = {"STRIPE_API_KEY": "sk_test_1"}, {"STRIPE_API_KEY": "sk_live_1"}
DOUBLE = {**TEST_KEY, "STRIPE_API_BASE": "http://127.0.0.1:9"}


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


def name_of(command: ArgumentParser) -> str:
    return command.prog.removeprefix(f"{PROGRAM} ")


def parsed(command: ArgumentParser) -> Namespace:
    """Parse the example of a command, which with `--dry-run` would change nothing."""
    example = str(command.epilog).removeprefix(f"example:\n  {PROGRAM} ").replace(" --dry-run", "")
    return parser().parse_args(shlex.split(example))


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_every_command_but_those_that_read_is_refused_unless_confirmed(
    command: ArgumentParser, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("acme-prod\n"))
    config, options = load_config(PRODUCTION), parsed(command)
    if name_of(command) in READING:
        confirm_change(config, options)
        assert capsys.readouterr().err == ""
        return
    with pytest.raises(InvalidInput, match="nothing was changed: add --yes"):
        confirm_change(config, options)
    assert capsys.readouterr().err.startswith("This changes project acme-prod")
    options.yes = True
    confirm_change(config, options)


def test_margins_that_are_computed_again_are_a_change() -> None:
    with pytest.raises(InvalidInput, match="nothing was changed: add --yes"):
        confirm_change(load_config(PRODUCTION), parser().parse_args(["margin", "--refresh"]))


def test_the_tool_changes_nothing_without_an_answer_and_ends_with_2(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "acme-prod")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    said = failed(capsys, *CREATE)
    assert said.splitlines() == [
        "This changes project acme-prod.",
        "invalid_input: nothing was changed: add --yes to change it without being asked",
    ]


@pytest.mark.parametrize(("typed", "goes_on"), [("acme-prod\n", True), ("y\n", False), ("", False)])
def test_at_a_terminal_the_projects_id_is_typed(
    typed: str, goes_on: bool, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    options = parser().parse_args(CREATE)
    if goes_on:
        confirm_change(load_config(PRODUCTION), options)
    else:
        with pytest.raises(InvalidInput, match=r"^nothing was changed$"):
            confirm_change(load_config(PRODUCTION), options)
    assert capsys.readouterr().err == "This changes project acme-prod.\nType acme-prod to continue: "


@pytest.mark.parametrize(
    "reports",
    [
        ("price", "import", "f", "--dry-run"),
        ("stripe", "reconcile"),
        ("tenant", "migrate-plan", "--plan", "starter"),
    ],
    ids=str,
)
def test_what_only_reports_does_not_ask(reports: tuple[str, ...], capsys: Capture) -> None:
    confirm_change(load_config(PRODUCTION), parser().parse_args(reports))
    assert capsys.readouterr().err == ""


LINK = ("stripe", "link", "--tenant", "acme", "--customer", "cus_1")


@pytest.mark.parametrize(
    ("environment", "command", "says", "asks"),
    [
        (EMULATED, CREATE, "project acme-prod in the emulator at 127.0.0.1:9.", False),
        (EMULATED | LIVE_KEY, CREATE, "project acme-prod in the emulator at 127.0.0.1:9.", False),
        (EMULATED | DOUBLE, LINK, "at 127.0.0.1:9 and Stripe's double at http://127.0.0.1:9.", False),
        (EMULATED | TEST_KEY, LINK, "at 127.0.0.1:9 and Stripe in test mode.", True),
        (MEMORY | LIVE_KEY, LINK, "a store in memory and Stripe in live mode.", True),
        (PRODUCTION | LIVE_KEY, LINK, "project acme-prod and Stripe in live mode.", True),
        (PRODUCTION, LINK, "project acme-prod and no Stripe.", True),
    ],
)
def test_stripe_itself_is_never_local(
    environment: dict[str, str], command: tuple[str, ...], says: str, asks: bool, capsys: Capture
) -> None:
    options = parser().parse_args(command)
    try:
        confirm_change(load_config(environment), options)
    except InvalidInput:
        assert asks
    else:
        assert not asks
    assert capsys.readouterr().err.rstrip().endswith(says)


def test_a_script_on_a_local_project_reads_its_own_errors_alone(capsys: Capture) -> None:
    confirm_change(load_config(EMULATED), parser().parse_args(["--json", *CREATE]))
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("memory")
def test_a_store_in_memory_needs_no_words(capsys: Capture) -> None:
    run(capsys, *CREATE)
