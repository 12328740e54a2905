"""The README and the pages under docs/ are true: what they name and show exists.

tests/e2e/test_documents.py runs their shell and Python, test_makefile.py their `make` commands.
"""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any, get_args

from standardwebhooks import Webhook

from shared.domain.limits.plan_file import parse_plans
from shared.domain.notices.endpoints import new_secret
from shared.domain.notices.webhooks import Notice, WebhookType
from tests.tools.documents import DOCUMENTS, PAGES, README, page
from tools.dev.settings import ROOT

MAX_README_LINES = 120


def test_the_readme_is_short() -> None:
    assert len(README.text.splitlines()) <= MAX_README_LINES


def test_every_block_is_something_that_these_tests_run_or_look_at() -> None:
    languages = {document.name: [language for language, _ in document.blocks] for document in DOCUMENTS}
    assert {name: found for name, found in languages.items() if found} == {
        "README.md": ["python", "sh", "sh", "sh"],
        "docs/architecture.md": ["mermaid"],
        "docs/budgets.md": ["sh", "sh", "json", "sh"],
        "docs/attribution.md": ["sh"],
        "docs/corrections.md": ["sh"],
        "docs/exports.md": ["sh", "console", "sql"],
        "docs/limits.md": 4 * ["sh"],
        "docs/opentelemetry.md": ["sh", "python", "yaml"],
        "docs/local.md": 6 * ["sh"],
        "docs/plans.md": ["sh", "toml", "sh", "sh"],
        "docs/prices.md": ["toml", "sh"],
        "docs/recording.md": ["sh", "python", "sh", "sh"],
        "docs/runs.md": ["sh", "python"],
        "docs/tenants.md": ["sh"],
        "docs/webhooks.md": ["sh", "json", "python"],
    }


def test_the_file_of_plans_that_is_shown_is_one() -> None:
    (table,) = [text for language, text in page("plans").blocks if language == "toml"]
    assert [plan.id for plan in parse_plans(table).plans] == ["free", "team"]


def test_the_message_about_webhooks_is_what_an_endpoint_gets() -> None:
    (shown,) = [json.loads(text) for language, text in page("webhooks").blocks if language == "json"]
    data = {name: value for name, value in shown["data"].items() if name not in ("tenant_id", "text")}
    notice = Notice(
        type=shown["type"],
        tenant_id=shown["data"]["tenant_id"],
        cause="any",
        at=datetime.fromisoformat(shown["timestamp"]),
        text=shown["data"]["text"],
        data=data,
    )
    assert json.loads(notice.body("json")) == shown


def test_the_code_about_webhooks_verifies_one() -> None:
    secret, body, sent_at = new_secret(), '{"type": "endpoint.test"}', datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", sent_at, body),
    }
    (code,) = page("webhooks").python
    names: dict[str, Any] = {"secret": secret, "body": body, "headers": headers}
    exec(code, names)
    assert names["message"] == {"type": "endpoint.test"}


def test_every_type_of_message_is_described() -> None:
    assert set(re.findall(r"^\| `([a-z.]+_?[a-z]*)` \|", page("webhooks").text, re.MULTILINE)) == set(
        get_args(WebhookType)
    )


def makefile_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_make_command_is_a_target_and_the_readme_names_every_target() -> None:
    named = {document.name: {call[0] for call in document.make_calls} for document in DOCUMENTS}
    assert set().union(*named.values()) <= makefile_targets()
    assert makefile_targets() - {"help"} <= named["README.md"]
    assert README.make_blocks == [["dev"], ["test"]]
    assert page("local").make_blocks == [["dev"]]


def test_every_option_of_make_dev_exists_and_is_described() -> None:
    described = subprocess.check_output([sys.executable, "-m", "tools.dev", "--help"], cwd=ROOT, text=True)
    given = [
        call[1] for document in DOCUMENTS for call in document.make_calls if call[0] == "dev" and call[1:]
    ]
    options = {option for argument in given for option in re.findall(r"--[a-z]+", argument)}
    assert options == set(re.findall(r"--[a-z]+", described)) - {"--help"}
    assert ["dev", "ARGS=--memory"] in README.make_calls


def test_ci_runs_the_commands_of_the_readme() -> None:
    ci = (ROOT / ".ci/run").read_text().splitlines()
    assert {"make test", "make --jobs=2 check"} <= {*ci}


def test_every_path_that_is_named_exists() -> None:
    prose = "\n".join(document.prose for document in DOCUMENTS)
    paths = set(re.findall(r"`([a-z_]+(?:/[a-z_]*)+(?:\.\w+)?|[a-z_]+\.(?:py|md|json|rules))`", prose))
    missing = {path for path in paths if not (ROOT / path).exists()}
    assert len(paths) > 15
    made, documents = {"main.py", "dist/", "web/dist/"}, {"platform/overview", "platform/ticks"}
    assert missing - made - documents == set()


def test_the_map_names_every_folder() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert {name for name in folders - {"dist", "htmlcov"} if f"| `{name}/" not in README.prose} == set()


def test_the_picture_names_the_functions_that_exist() -> None:
    (picture,) = (text for language, text in page("architecture").blocks if language == "mermaid")
    functions = {main.parent.name for main in (ROOT / "functions").glob("*/main.py")}
    assert {
        name for name in functions if name not in picture or f"| `{name}` |" not in page("architecture").prose
    } == set()


def test_every_page_is_reached_from_the_readme() -> None:
    assert {page.name for page in PAGES if page.path.parent == ROOT / "docs"} <= set(README.links)
