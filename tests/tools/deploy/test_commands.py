"""The installed tools take each command of the plan, and each description is in the form of Google's API."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tools.deploy.environments import plans
from tools.admin.arguments import parser as admin_parser
from tools.deploy.plan import ROOT, Command, Plan, Request, Step
from tools.dev.firebase_tools import node

__all__ = ["plans"]
GCLOUD = shutil.which("gcloud")
needs_sdk = pytest.mark.skipif(GCLOUD is None, reason="the Google Cloud SDK is not installed")
# What a description is: the message of Google's API, and its path in what the command or the request answers.
MESSAGES = {
    "projects describe": ("cloudresourcemanager", "v1", "Project"),
    "billing projects describe": ("cloudbilling", "v1", "ProjectBillingInfo"),
    "services list": ("serviceusage", "v1", "GoogleApiServiceusageV1Service"),
    "firestore locations list": ("firestore", "v1", "Location"),
    "firestore databases describe": ("firestore", "v1", "GoogleFirestoreAdminV1Database"),
    "firestore backups schedules": ("firestore", "v1", "GoogleFirestoreAdminV1BackupSchedule"),
    "iam service-accounts describe": ("iam", "v1", "ServiceAccount"),
    "iam service-accounts get-iam-policy": ("iam", "v1", "Policy"),
    "projects get-iam-policy": ("cloudresourcemanager", "v1", "Policy"),
    "secrets versions describe": ("secretmanager", "v1", "SecretVersion"),
    "secrets describe": ("secretmanager", "v1", "Secret"),
    "secrets get-iam-policy": ("secretmanager", "v1", "Policy"),
    "pubsub topics describe": ("pubsub", "v1", "Topic"),
    "pubsub topics get-iam-policy": ("pubsub", "v1", "Policy"),
    "pubsub subscriptions describe": ("pubsub", "v1", "Subscription"),
    "pubsub subscriptions get-iam-policy": ("pubsub", "v1", "Policy"),
    "scheduler jobs describe": ("cloudscheduler", "v1", "Job"),
    "run services list": ("run", "v1", "Service"),
    "run services describe": ("run", "v1", "Service"),
    "billing budgets list": ("billingbudgets", "v1", "GoogleCloudBillingBudgetsV1Budget"),
    "alertPolicies": ("monitoring", "v3", "ListAlertPoliciesResponse"),
    "notificationChannels": ("monitoring", "v3", "ListNotificationChannelsResponse"),
    "dashboards": ("monitoring", "v1", "Dashboard"),
    "metrics": ("logging", "v2", "LogMetric"),
    "testIamPermissions": ("cloudresourcemanager", "v1", "TestIamPermissionsResponse"),
}
WITHOUT_MESSAGE = {"firestore operations list", "firebase", "tools.admin"}
"""Descriptions that the SDK knows no message for."""


def message_of(step: Step) -> tuple[str, str, str] | None:
    if isinstance(step.describe, Request):
        return next(
            (MESSAGES[part] for part in MESSAGES if f"/{part}" in step.describe.url.replace(":", "/")), None
        )
    assert step.describe is not None
    said = " ".join(step.describe.arguments[1:])
    return next((message for words, message in MESSAGES.items() if said.startswith(words)), None)


def messages(steps: tuple[Step, ...]) -> Iterator[list[Any]]:
    for step in steps:
        if step.describe is not None and (message := message_of(step)) is not None:
            for each in step.settled if isinstance(step.settled, list) else [step.settled]:
                yield [*message, each]


def checked(commands: list[list[str]], values: list[list[Any]], folder: Path) -> dict[str, Any]:
    """What the SDK says, in a process of its own Python that has no account and calls nothing."""
    assert GCLOUD is not None
    root = Path(GCLOUD).resolve().parents[1]
    bundled = root / "platform/bundledpythonunix/bin/python3"
    done = subprocess.run(
        [
            str(bundled if bundled.exists() else "python3"),
            str(Path(__file__).with_name("sdk_checks.py")),
            str(root),
        ],
        input=json.dumps({"commands": commands, "messages": values}),
        cwd=ROOT,
        env={**os.environ, "CLOUDSDK_CONFIG": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def gcloud_commands(plans: tuple[Plan, Plan]) -> list[list[str]]:
    found = {each.arguments[1:] for plan in plans for each in plan.commands if each.arguments[0] == "gcloud"}
    return sorted(map(list, found))


@needs_sdk
def test_gcloud_takes_every_command_and_its_apis_know_every_field(
    plans: tuple[Plan, Plan], tmp_path: Path
) -> None:
    commands = gcloud_commands(plans)
    answer = checked(commands, list(messages(plans[1].steps)), tmp_path)
    assert answer["problems"] == [], f"by gcloud {answer['version']}"
    assert len(commands) > 120
    assert {each[0] for each in commands} & {"alpha", "beta"} == set()  # components that may not be installed


@needs_sdk
def test_a_wrong_argument_and_a_wrong_field_are_found(tmp_path: Path) -> None:
    commands = [["pubsub", "topics", "create", "t", "--no-such-flag"], ["run", "deploi"]]
    values = [
        ["pubsub", "v1", "Topic", {"retention": "600s"}],
        ["firestore", "v1", "GoogleFirestoreAdminV1Database", {"type": "NATIVE"}],
        ["pubsub", "v1", "Subscription", {"pushConfig": [{"pushEndpoint": "https://x"}]}],
    ]
    problems = checked(commands, values, tmp_path)["problems"]
    assert [what for what, _ in problems] == [*commands, *([api, name] for api, _, name, _ in values)]


@needs_sdk
def test_gcloud_itself_agrees_that_a_valid_command_lacks_nothing_but_an_account(
    plans: tuple[Plan, Plan], tmp_path: Path
) -> None:
    (deploy,) = [each for each in gcloud_commands(plans) if each[:3] == ["run", "deploy", "aggregate"]][:1]
    environment = {**os.environ, "CLOUDSDK_CONFIG": str(tmp_path), "CLOUDSDK_CORE_CHECK_GCE_METADATA": "0"}

    def said(*arguments: str) -> str:
        command = ["gcloud", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        ).stderr

    assert "active account" in said("pubsub", "topics", "describe", "t", "--project=demo-x")
    assert "unrecognized arguments: --no-such-flag" in said(*deploy, "--no-such-flag")


def test_every_description_is_compared_with_a_message_or_has_none(plans: tuple[Plan, Plan]) -> None:
    without = set()
    for step in plans[1].steps:
        if step.settled is None or step.describe is None or message_of(step) is not None:
            continue
        if isinstance(step.describe, Request):
            without.add(step.describe.url.split("/")[2])
        else:
            without.add(" ".join(step.describe.arguments))
    unknown = [each for each in without if not any(words in each for words in WITHOUT_MESSAGE)]
    # Firebase's own APIs are not in the SDK.
    assert {each for each in unknown if not each.startswith(("firebase", "identitytoolkit"))} == set()


def test_firebase_tools_take_every_command(plans: tuple[Plan, Plan]) -> None:
    check = """
    const commands = require('path').resolve(process.argv[1], 'lib/commands')
    const files = { 'firestore:indexes': 'firestore-indexes-list' }
    const everywhere = ['--project', '--non-interactive', '--config', '--force']
    const problems = JSON.parse(process.argv[2]).flatMap(([name, ...rest]) => {
      const { command } = require(`${commands}/${files[name] ?? name.replaceAll(':', '-')}.js`)
      const flags = [...everywhere, ...command.options.map(([flag]) => flag.match(/--[a-z-]+/)?.[0])]
      const given = rest.filter((each) => each.startsWith('--'))
      return given.filter((each) => !flags.includes(each.split('=')[0])).map((each) => [name, each])
    })
    console.log(JSON.stringify(problems))
    """
    commands = [
        each.arguments[1:]
        for plan in plans
        for each in plan.commands
        if each.arguments[0].endswith("/firebase")
    ]
    tools = ROOT / "tools/firebase/node_modules/firebase-tools"
    names = {each[0] for each in commands}
    assert {"deploy", "apps:create", "projects:addfirebase", "firestore:indexes", "hosting:disable"} == names

    def problems(given: list[Any]) -> Any:
        command = [node(), "-e", check, str(tools), json.dumps(given)]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert problems(list(commands)) == []
    assert problems([["deploy", "--onli=hosting"]]) == [["deploy", "--onli=hosting"]]


def test_our_own_programs_take_every_command(plans: tuple[Plan, Plan]) -> None:
    ours = [
        each.arguments for plan in plans for each in plan.commands if each.arguments[0] == ".venv/bin/python"
    ]
    assert len(ours) > 10
    for module in {arguments[2] for arguments in ours}:
        assert (ROOT / f"{module.replace('.', '/')}.py").exists() or (
            ROOT / module.replace(".", "/")
        ).is_dir()
    for arguments in ours:
        if arguments[2] == "tools.admin":
            admin_parser().parse_args(arguments[3:])


def test_no_command_carries_a_secret(plans: tuple[Plan, Plan]) -> None:
    fed = [each for plan in plans for each in plan.commands if each.stdin is not None]
    assert {each.arguments[1:4] for each in fed} == {("secrets", "versions", "add")}
    assert all("--data-file=-" in each.arguments for each in fed)
    assert all(isinstance(each, Command) for each in fed)
