"""The admin tool's output for people: what customers wrote cannot steer a terminal or turn a line around."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.stores import process_memory
from shared.usecases.people.manage_keys import KeyRequest, new_key
from tests.sample_events import NOON
from tests.tools.admin_calls import Capture, memory, run
from tools.admin.__main__ import main
from tools.admin.output import escaped

__all__ = ["memory"]
NAME = "Acme\x1b[2J\x1b]0;owned\x07\r\n\u202egnp.exe\u2066\u200b\x9b31m"
SHOWN = "Acme\\u001b[2J\\u001b]0;owned\\u0007\\u000d\\u000a\\u202egnp.exe\\u2066\\u200b\\u009b31m"


@pytest.fixture
def acme(memory: None) -> None:
    """A tenant that was named before names were checked."""
    tenant = Tenant(id="acme", name=NAME, plan="free", created_at=NOON)
    change = Change("test", NOON)
    key = new_key("acme", KeyRequest(label=NAME, scopes=(), is_live=False), change).key
    process_memory().create_tenant(tenant, key, change.entry("acme", "tenant.created", None, "free"))


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    "command", ["tenant list", "tenant show --id acme", "key list --tenant acme"], ids=str.split
)
def test_names_and_labels_are_shown_escaped(command: str, capsys: Capture) -> None:
    assert main(command.split()) == 0
    printed = capsys.readouterr().out
    assert SHOWN in printed
    assert all(each == "\n" or each.isprintable() for each in printed)


@pytest.mark.usefixtures("acme")
def test_in_json_they_are_what_they_are(capsys: Capture) -> None:
    assert main(["--json", "tenant", "list"]) == 0
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert json.loads(printed)["tenants"][0]["name"] == NAME


@pytest.mark.usefixtures("memory")
def test_a_complaint_is_escaped_too(capsys: Capture) -> None:
    assert main(["tenant", "show", "--id", "a\x1b[2J\u202eb"]) == 2
    said = capsys.readouterr().err.rstrip("\n")
    assert said.isprintable()


@pytest.mark.usefixtures("memory")
def test_a_price_file_for_people_is_escaped_as_its_format_does(capsys: Capture) -> None:
    run(capsys, "price", "set", 'provider = "x"', 'model = "y\u202e"', 'from = "2026-11-01"', 'percent = "5"')
    assert main(["price", "list"]) == 0
    assert 'model = "y\\U0000202E"\n' in capsys.readouterr().out


@given(st.text())
def test_nothing_invisible_is_left_and_what_is_visible_stays(text: str) -> None:
    shown = escaped(text)
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not any(unicodedata.category(each) in hidden for each in shown)
    assert escaped(shown) == shown
    if not any(unicodedata.category(each) in hidden for each in text):
        assert shown == text
