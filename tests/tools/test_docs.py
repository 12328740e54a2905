"""The pages under docs/ agree with the code: links resolve, settings, ports and times are those that are used."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from shared.adapters.firestore.people.directory import TOUCH_SECONDS
from shared.adapters.firestore.retries import GIVE_UP_AFTER_SECONDS
from shared.config import load_config
from shared.domain.errors import ConfigurationError
from shared.domain.ledger.counter_settings import LONGEST_FOLD_MINUTES, MAX_COUNTER_SHARDS
from shared.domain.ledger.holds import (
    DEFAULT_TTL,
    GRACE,
    MAX_DEPTH,
    MAX_OPEN_HOLDS,
    MAX_TREE_RUNS,
    MAX_TTL,
)
from shared.domain.ledger.periods import MAX_AGE
from shared.domain.ledger.usage import FEW_SHARDS
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.notices.outbox import GIVE_UP_AFTER, KEPT_FOR
from shared.domain.people.audit import AUDIT_KEPT_FOR
from shared.domain.people.keys import ENDED_KEYS_KEPT_FOR
from shared.domain.people.members import INVITATION_LASTS
from shared.domain.platform.failures import FAILURES_KEPT_FOR
from shared.http.budget_models import MAX_AMOUNT_USD
from shared.http.metering.run_models import MAX_ERROR_CHARS
from shared.usecases.billing.apply_stripe_event import REPORT_UNOWNED_AFTER
from shared.usecases.ledger.fold_usage import TENANTS_PER_MESSAGE
from shared.usecases.ledger.ledger import REMEMBER_FOR
from shared.usecases.limits.read_usage import ASK_EVERY_SECONDS
from shared.usecases.people.authenticate import CACHE_FOR
from shared.usecases.people.manage_grants import MAX_GRANTS
from shared.usecases.people.tenant_data import DELETABLE_AFTER
from tests.tools.documents import DOCUMENTS, PAGES, Document, page
from tools.deploy.identity import SECRETS
from tools.dev import settings
from tools.dev.functions import FUNCTIONS
from tools.dev.settings import ROOT

MAX_DECISION_LINES = 40
MAX_PICTURE_BYTES = 150 * 1024
PROJECT = {"GOOGLE_CLOUD_PROJECT": "some-project"}
DECISIONS = [each for each in PAGES if each.path.parent.name == "decisions" and each.path.name != "README.md"]
INDEX, CONFIGURATION = page("decisions/README"), page("configuration")
LOCAL, LIMITS = page("local"), page("limits")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_link_leads_to_a_file_and_a_heading(document: Document) -> None:
    def leads_nowhere(link: str) -> bool:
        path, _, anchor = link.partition("#")
        target = (document.path.parent / path).resolve() if path else document.path
        is_ours = target.is_file() and target.is_relative_to(ROOT)
        return not is_ours or bool(anchor and anchor not in Document(target).headings)

    assert [link for link in document.links if leads_nowhere(link)] == []


def test_the_only_picture_is_small_and_shown() -> None:
    pictures = [file for file in (ROOT / "docs").rglob("*") if file.suffix not in {".md", ""}]
    assert [file.name for file in pictures] == ["dashboard.png"]
    assert pictures[0].stat().st_size <= MAX_PICTURE_BYTES
    assert "docs/dashboard.png" in Document(ROOT / "README.md").links


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.path.stem)
def test_a_decision_is_one_short_page_of_three_parts(decision: Document) -> None:
    assert len(decision.text.splitlines()) <= MAX_DECISION_LINES
    assert re.findall(r"^## (.+)$", decision.text, re.MULTILINE) == ["Context", "Choice", "Consequence"]


def test_the_index_lists_each_decision_with_its_number_and_title() -> None:
    listed = re.findall(r"^\| (\d{3}) \| \[(.+)\]\((.+)\) \|$", INDEX.text, re.MULTILINE)
    titles = [decision.text.splitlines()[0] for decision in DECISIONS]
    assert [f"# {number}. {title}" for number, title, _ in listed] == titles
    assert [file for _, _, file in listed] == [decision.path.name for decision in DECISIONS]
    assert [int(number) for number, _, _ in listed] == list(range(1, len(DECISIONS) + 1))


class ReadNames(dict[str, str]):
    """An environment that remembers which variables were looked up."""

    def __init__(self, environment: dict[str, str]) -> None:
        super().__init__(environment)
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.names.add(key)
        return super().__getitem__(key)


def settings_rows() -> Iterator[tuple[str, str, str]]:
    """Yield the name, the default and the values of each variable on the page."""
    for cells in CONFIGURATION.rows:
        if name := re.fullmatch(r"`([A-Z][A-Z_]+)`", cells[0]):
            yield name[1], cells[1].strip("`"), cells[2]


def test_the_settings_on_the_page_are_those_that_are_read() -> None:
    environment = ReadNames(
        {
            **PROJECT,
            "K_SERVICE": "usage-api",
            "GWI_METERING_ENABLED": "1",
            "SMTP_URL": "smtp://mail.example.com",
        }
        | {"GWI_MAIL_FROM": "usage@example.com"}
    )
    load_config(environment)
    listed = [name for name, _, _ in settings_rows()]
    assert sorted(listed) == sorted(environment.names)


def test_a_variable_that_is_set_to_its_default_changes_nothing() -> None:
    defaults = {name: default for name, default, _ in settings_rows() if default != "–"}
    assert len(defaults) > 5
    assert {
        name
        for name, text in defaults.items()
        if load_config({**PROJECT, name: text}) != load_config(PROJECT)
    } == set()


def test_the_bounds_on_the_page_are_those_that_are_checked() -> None:
    bounds = {name: re.fullmatch(r"(\d+) to (\d+)", values) for name, _, values in settings_rows()}
    numbers = {name: (int(found[1]), int(found[2])) for name, found in bounds.items() if found}
    assert len(numbers) == 6
    for name, (least, most) in numbers.items():
        for inside in (least, most):
            load_config({**PROJECT, name: str(inside)})
        for outside in (least - 1, most + 1):
            with pytest.raises(ConfigurationError, match=name):
                load_config({**PROJECT, name: str(outside)})


def test_what_is_required_is_said_to_be() -> None:
    meanings = {cells[0].strip("`"): cells[3] for cells in CONFIGURATION.rows if len(cells) == 4}
    with pytest.raises(ConfigurationError, match="GOOGLE_CLOUD_PROJECT is missing"):
        load_config({})
    assert "required" in meanings["GOOGLE_CLOUD_PROJECT"]
    for main in (ROOT / "functions").glob("*/main.py"):
        for deployed, names in re.findall(r"required(_when_deployed)?=\[(.+?)\]", main.read_text()):
            for name in re.findall(r'"(\w+)"', names):
                required = f"required by {'a deployed ' if deployed else ''}`{main.parent.name}`"
                assert required in meanings[name]


def test_the_usual_ports_are_those_of_the_stack() -> None:
    usual = {each.name: each.usual_port for each in FUNCTIONS}
    usual |= {
        "stripe": settings.USUAL_STRIPE_PORT,
        "mail": settings.USUAL_MAIL_PORT,
        "smtp": settings.USUAL_SMTP_PORT,
        "web": settings.USUAL_WEB_PORT,
        "firestore": settings.USUAL_FIRESTORE_PORT,
        "pubsub": settings.USUAL_PUBSUB_PORT,
        "auth": settings.USUAL_AUTH_PORT,
    }
    listed = {
        cells[0].split("`")[1]: int(cells[1]) for cells in LOCAL.rows if cells[1:] and cells[1].isdecimal()
    }
    assert listed == usual


def test_the_login_the_ticks_and_the_patience_are_those_of_the_stack() -> None:
    assert f"`{settings.DEMO_EMAIL}` with the password `{settings.DEMO_PASSWORD}`" in LOCAL.prose
    assert f"every {settings.TICK_SECONDS} seconds" in LOCAL.prose
    assert f"{settings.START_SECONDS} seconds to start" in LOCAL.prose
    assert f"STRIPE_API_KEY={settings.STRIPE_API_KEY} " in LOCAL.shell


def test_the_bounds_of_grants_and_limits_are_those_of_the_code() -> None:
    assert f"at most {MAX_GRANTS} grants in effect" in LIMITS.prose
    assert f"{MAX_LIMIT:,} (2^53)" in LIMITS.prose


def test_the_bounds_of_runs_on_the_page_are_those_of_the_code() -> None:
    seconds = [f"{int(each.total_seconds()):,}" for each in (MAX_TTL, DEFAULT_TTL, GRACE)]
    said = [
        f"1 to {seconds[0]}, by default {seconds[1]}",
        f"a grace of {seconds[2]} seconds",
        f"at most {MAX_OPEN_HOLDS:,} open runs",
        f"at most {MAX_TREE_RUNS:,} runs, and a run at most {MAX_DEPTH} above it",
        f"cut to {MAX_ERROR_CHARS:,} characters",
        f"at most {MAX_AMOUNT_USD:,}",
    ]
    prose = " ".join(page("runs").prose.split())
    assert [each for each in said if each not in prose] == []


def test_what_expires_is_on_the_page_and_after_how_long() -> None:
    overrides = json.loads((ROOT / "firestore.indexes.json").read_text())["fieldOverrides"]
    rows = [cells for cells in page("architecture").rows if len(cells) == 3]
    stated = {name: cells[2] for cells in rows for name in re.findall(r"`([a-z_]+)`", cells[1])}
    expiring = {each["collectionGroup"] for each in overrides if each.get("ttl")}
    assert expiring <= stated.keys()
    assert f"{ENDED_KEYS_KEPT_FOR.days} days" in stated["api_keys"]
    assert f"{INVITATION_LASTS.days} days" in stated["invites"]
    assert f"{(GIVE_UP_AFTER + KEPT_FOR).days} days" in stated["outbox"]
    assert f"{FAILURES_KEPT_FOR.days} days" in stated["dead_letters"]
    assert (AUDIT_KEPT_FOR.days, "two years" in stated["audit"]) == (730, True)


def test_every_alert_is_explained() -> None:
    policies = json.loads((ROOT / "tools/deploy/monitoring/alert_policies.json").read_text())
    alerts = {str(each["displayName"]).removeprefix("GWI Usage: ") for each in policies}
    assert alerts == {cells[0] for cells in rows_below(page("operations"), "## Alerts")}


def test_every_secret_that_is_deployed_has_a_way_to_be_replaced() -> None:
    named = {cells[0].strip("`") for cells in rows_below(page("operations"), "## Secrets")}
    assert SECRETS.keys() <= named


def rows_below(document: Document, heading: str) -> list[list[str]]:
    """Return the rows of the table below a heading, without its head."""
    text = document.text.partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_wait_before_a_deletion_is_that_of_the_code() -> None:
    for text in (page("operations").prose, page("decisions/031-erasing-and-deleting").prose):
        assert f"{DELETABLE_AFTER.days} days" in text


def test_the_switches_of_the_double_are_those_that_it_has() -> None:
    control = (ROOT / "tools/stripe_double/control.py").read_text()
    served = {re.sub(r"<\w+>", "{id}", name) for name in re.findall(r'"((?:GET|POST) [\w/<>]+)":', control)}
    named = set(re.findall(r"`((?:GET|POST)) /_double/([\w/{}]+)`", LOCAL.prose))
    assert len(named) > 5
    assert {f"{method} {path}" for method, path in named} <= served


def test_the_numbers_in_the_decisions_are_those_of_the_code() -> None:
    words = {4: "four", 5: "five"}
    said = {
        "001": [f"the {MAX_AGE.days} days within which"],
        "002": [f"up to {GIVE_UP_AFTER_SECONDS:.0f} seconds", f"up to {MAX_COUNTER_SHARDS}."],
        "004": [f"due {LONGEST_FOLD_MINUTES} minutes after", f"folds {words[TENANTS_PER_MESSAGE]} tenants"],
        "005": [f"for {REMEMBER_FOR.seconds} seconds", f"more than {words[FEW_SHARDS]} counters"],
        "007": [f"every {words[ASK_EVERY_SECONDS]} seconds", f"more than {words[FEW_SHARDS]} counters"],
        "009": [f"after {REPORT_UNOWNED_AFTER.total_seconds() / 3600:.0f} hours"],
        "010": [f"for {CACHE_FOR.seconds} seconds"],
        "011": [f"up to {MAX_AGE.days} days"],
        "014": [f"waits {TOUCH_SECONDS} seconds at"],
    }
    text = {each.path.name[:3]: " ".join(each.prose.split()) for each in DECISIONS}
    assert {
        (number, part) for number, parts in said.items() for part in parts if part not in text[number]
    } == set()
