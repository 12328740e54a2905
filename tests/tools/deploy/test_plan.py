"""The plan and the code agree: what one uses, the other creates, and nothing else."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from shared import config
from shared.config import load_config
from shared.domain.ledger.tick import TickMessage
from tests.tools.deploy.environments import PROJECT, plans, smallest
from tests.tools.test_docs import settings_rows
from tools.build import function_names, stage
from tools.deploy import messaging
from tools.deploy.identity import BUILD, PUSH, ROLES, SECRETS
from tools.deploy.monitoring import FOLDER, content
from tools.deploy.plan import ROOT, Command, Plan, Request, Step
from tools.deploy.render import difference, script, shell_line
from tools.deploy.run import State
from tools.deploy.services import BASE_IMAGE, THREADS, TIMEOUT_SECONDS, environment_of, function
from tools.deploy.settings import NOT_DEPLOYED, SET_BY_CLOUD_RUN
from tools.dev import tick
from tools.gate.target import Target

__all__ = ["plans"]
GROUPS: dict[str, list[Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
EXAMPLE = (ROOT / "tools/deploy/deploy.example.toml").read_text()
SERVICES = sorted(TIMEOUT_SECONDS)
SERVICE = "usage-api"
VALID = {
    "STRIPE_API_KEY": "sk_live_" + 16 * "0",
    "STRIPE_WEBHOOK_SECRET": "whsec_" + 16 * "0",
    "SMTP_URL": "smtps://mail.example.com",
    "GWI_SEALING_KEYS": "key:" + 32 * "0",
}


def step(plan: Plan, name: str) -> Step:
    (found,) = [each for each in plan.steps if each.name == name]
    return found


def commands(plan: Plan, *words: str) -> list[list[str]]:
    """The arguments after `words` of each command that begins with them."""
    found = {each.arguments for each in plan.commands if each.arguments[1 : 1 + len(words)] == words}
    return sorted(list(each[1 + len(words) :]) for each in found)


def option(arguments: list[str], name: str) -> str:
    (found,) = [each.partition("=")[2] for each in arguments if each.partition("=")[0] == name]
    return found


def test_the_services_are_the_functions(plans: tuple[Plan, Plan]) -> None:
    deployed = commands(plans[0], "run", "deploy")
    assert {each[0] for each in deployed} == set(SERVICES)
    assert [function(each) for each in SERVICES] == function_names()
    for arguments in deployed:
        name = function(arguments[0])
        assert (option(arguments, "--source"), option(arguments, "--function")) == (f"dist/{name}", name)
        assert (
            option(arguments, "--concurrency")
            == environment_of(smallest(), SERVICE)["THREADS"]
            == str(THREADS)
        )
        assert int(option(arguments, "--timeout")) == (600 if name == "aggregate" else 60)


# Variables and secrets


def example_variables() -> set[str]:
    return set(re.findall(r"^# ([A-Z][A-Z_]+) = ", EXAMPLE, re.MULTILINE))


def test_every_variable_that_the_code_reads_is_set_or_may_be_or_is_for_a_developers_machine() -> None:
    documented = {name for name, _, _ in settings_rows()}
    fixed = set(environment_of(smallest(), SERVICE))
    assert (
        fixed | set(SECRETS) | NOT_DEPLOYED | SET_BY_CLOUD_RUN | example_variables() | {"GWI_MAIL_FROM"}
        == documented
    )
    assert not NOT_DEPLOYED & (fixed | example_variables())


def test_what_could_be_a_secret_is_one() -> None:
    telling = re.compile(r"KEY|SECRET|PASSWORD|TOKEN|SEAL|SMTP")
    assert {name for name, _, _ in settings_rows() if telling.search(name)} == set(SECRETS)


def test_the_example_shows_the_defaults() -> None:
    shown = dict(re.findall(r'^# ([A-Z][A-Z_]+) = "(.*)"$', EXAMPLE, re.MULTILINE))
    defaults = {name: default for name, default, _ in settings_rows() if default != "–"}
    differing = {name for name, text in shown.items() if defaults.get(name, text) != text}
    assert differing == {"GWI_METERING_ENABLED"}  # a deployed service has to say it
    uncommented = tomllib.loads(re.sub(r"^# ?((?:\[|[\w-]+ = ).*)$", r"\1", EXAMPLE, flags=re.MULTILINE))
    assert uncommented["project"] == "your-project"


def required(service: str) -> set[str]:
    """The variables without which the function does not start."""
    tree = ast.parse((ROOT / f"functions/{function(service)}/main.py").read_text())
    names = [
        keyword.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg in ("required", "required_when_deployed")
    ]
    return {name for each in names for name in ast.literal_eval(each)}


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_starts_with_its_environment(service: str) -> None:
    secrets = {name for name, services in SECRETS.items() if service in services}
    environment = environment_of(smallest(), service)
    assert required(service) <= set(environment) | secrets
    mail = {"GWI_MAIL_FROM": "usage@example.com"}
    values = {name: VALID[name] for name in secrets}
    load_config({**environment, **mail, **values, "K_SERVICE": service}, required(service))


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_has_the_rights_for_the_packages_that_it_uses_and_no_others(service: str) -> None:
    packages = " ".join(each for each in GROUPS[function(service)] if isinstance(each, str))
    needed = {
        "google-cloud-firestore": "roles/datastore.user",
        "firebase-admin": "roles/firebaseauth.viewer",
        "google-cloud-pubsub": "roles/pubsub.publisher",
    }
    assert set(ROLES[service]) == {role for package, role in needed.items() if package in packages}
    assert ("stripe" in packages) == (service in SECRETS["STRIPE_API_KEY"])


def test_every_role_is_granted_and_every_service_runs_as_itself(plans: tuple[Plan, Plan]) -> None:
    granted = {
        (option(each, "--member"), option(each, "--role"))
        for each in commands(plans[0], "projects", "add-iam-policy-binding")
    }
    suffix = f"{PROJECT}.iam.gserviceaccount.com"
    assert granted == {
        (f"serviceAccount:{name}@{suffix}", role) for name, roles in ROLES.items() for role in roles
    }
    for arguments in commands(plans[0], "run", "deploy"):
        assert option(arguments, "--service-account") == f"{arguments[0]}@{suffix}"
        assert option(arguments, "--build-service-account").endswith(f"/{BUILD}@{suffix}")


def test_names_of_accounts_are_as_long_as_google_wants_them() -> None:
    assert [name for name in ROLES if not re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", name)] == []


def test_each_service_gets_and_may_read_its_own_secrets_only(plans: tuple[Plan, Plan]) -> None:
    for plan, missing in ((plans[0], {"SMTP_URL", "GWI_SEALING_KEYS"}), (plans[1], set())):
        wanted = {
            (name.lower().replace("_", "-"), service)
            for name, services in SECRETS.items()
            for service in services
            if name not in missing
        }
        granted = {
            (each[0], option(each, "--member").removeprefix("serviceAccount:").partition("@")[0])
            for each in commands(plan, "secrets", "add-iam-policy-binding")
        }
        mounted = {
            (secret.partition("=")[2].partition(":")[0], each[0])
            for each in commands(plan, "run", "deploy")
            if "--clear-secrets" not in each
            for secret in option(each, "--set-secrets").split(",")
        }
        assert granted == mounted == wanted


# Topics, jobs and pushes


def test_the_topics_are_those_that_the_code_uses_and_their_dead_letters(plans: tuple[Plan, Plan]) -> None:
    used = {value for name, value in vars(config).items() if name.endswith("_TOPIC")}
    created = {each[0] for each in commands(plans[0], "pubsub", "topics", "create")}
    dead = {
        option(each, "--dead-letter-topic")
        for each in commands(plans[0], "pubsub", "subscriptions", "create")
        if any(word.startswith("--dead-letter-topic=") for word in each)
    }
    assert created == used | dead
    assert len(dead) == len(used)


def test_the_topic_of_the_warehouse_is_made_where_there_is_one(plans: tuple[Plan, Plan]) -> None:
    created = [{each[0] for each in commands(plan, "pubsub", "topics", "create")} for plan in plans]
    assert created[1] - created[0] == {"usage-events"}
    assert "roles/pubsub.publisher" in ROLES["aggregate"]


def test_ticks_are_pushed_as_aggregate_expects_them(plans: tuple[Plan, Plan]) -> None:
    environment = environment_of(smallest(), SERVICE)
    pushes = commands(plans[0], "pubsub", "subscriptions", "create")
    for arguments in pushes:
        path = f"/projects/{PROJECT}/topics/{option(arguments, '--topic')}"
        assert option(arguments, "--push-endpoint").endswith(f".run.app{path}")
        assert option(arguments, "--push-auth-token-audience") == environment["GWI_TICK_AUDIENCE"]
        assert option(arguments, "--push-auth-service-account") == environment["GWI_TICK_SERVICE_ACCOUNT"]
    assert f"/projects/demo-gwi/topics/{messaging.TOPIC}" == tick.PUSH_PATH
    assert environment["GWI_TICK_SERVICE_ACCOUNT"].startswith(f"{PUSH}@")


def test_a_tick_that_fails_becomes_a_dead_letter_before_it_is_too_old() -> None:
    least, most = messaging.RETRY_SECONDS
    pauses = [min(most, least * 2**number) for number in range(messaging.ATTEMPTS - 1)]
    assert messaging.ATTEMPTS * messaging.ACK_SECONDS + sum(pauses) < messaging.RETENTION_SECONDS
    assert TIMEOUT_SECONDS["aggregate"] <= messaging.ACK_SECONDS


def test_the_scheduler_sends_messages_that_aggregate_knows() -> None:
    jobs = [TickMessage.model_validate_json(message).job for _, message in messaging.JOBS.values()]
    assert jobs == ["fold", "reconcile"]
    assert messaging.JOBS["tick"][0] == "* * * * *"


# Firestore and Hosting


def test_the_rules_and_indexes_are_those_of_the_checkout(plans: tuple[Plan, Plan]) -> None:
    for name in ("firestore.rules", "firestore.indexes.json"):
        assert plans[0].files[f".local/deploy/{PROJECT}/{name}"] == (ROOT / name).read_text()
    indexes = json.loads((ROOT / "firestore.indexes.json").read_text())
    assert step(plans[0], "indexes and TTL").settled == indexes
    names = [each.name for each in plans[0].steps]
    assert names.index("indexes are READY") < names.index("service record-usage") < names.index("Hosting")


def test_hosting_knows_the_region_and_the_domain_that_signs_in(plans: tuple[Plan, Plan]) -> None:
    for plan, domain in ((plans[0], "demo-x.firebaseapp.com"), (plans[1], "usage.example.com")):
        hosting = json.loads(plan.files[f".local/deploy/{PROJECT}/firebase.json"])["hosting"]
        services = [each["run"] for each in hosting["rewrites"] if "run" in each]
        assert {each["serviceId"] for each in services} <= set(SERVICES)
        # A pinned revision would not follow when traffic is shifted or given back.
        assert [set(each) for each in services] == 2 * [{"serviceId", "region"}]
        assert {each["region"] for each in services} == {"europe-west1"}
        policy = hosting["headers"][0]["headers"][0]["value"]
        assert f"frame-src https://{domain} https://accounts.google.com;" in policy


# What tells an operator


def test_each_log_metric_counts_what_the_code_logs() -> None:
    source = "\n".join(file.read_text() for file in (ROOT / "shared").rglob("*.py"))
    for metric in content("log_metrics"):
        for field in re.findall(r"jsonPayload\.(\w+):\*", metric["filter"]):
            assert f'"{field}"' in source, metric["name"]
        for text in re.findall(r'jsonPayload\.message=~?"\^?([^"]+)"', metric["filter"]):
            assert text.replace("tick fold", "tick %s") in source, metric["name"]


def test_each_alert_and_chart_looks_at_a_metric_that_exists() -> None:
    ours = {metric["name"] for metric in content("log_metrics")}
    for name in ("alert_policies", "dashboard"):
        text = (FOLDER / f"{name}.json").read_text()
        assert set(re.findall(r"logging\.googleapis\.com/user/(\w+)", text)) <= ours
        assert set(re.findall(r'subscription_id=\\"([\w-]+)\\"', text)) <= {messaging.SUBSCRIPTION}
        assert set(re.findall(r'service_name=\\"([\w-]+)\\"', text)) <= set(SERVICES)
    used = set(re.findall(r"/user/(\w+)", (FOLDER / "alert_policies.json").read_text()))
    assert used == ours


def zeros(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from zeros(each, f"{path}.{key}")
    if not value:
        yield path


def test_no_file_holds_what_google_leaves_out_of_its_responses() -> None:
    assert [path for file in FOLDER.glob("*.json") for path in zeros(content(file.stem), file.stem)] == []


# Python


def test_one_version_of_python_is_deployed(plans: tuple[Plan, Plan], tmp_path: Any) -> None:
    version = (ROOT / "functions/.python-version").read_text().strip()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert SpecifierSet(project["requires-python"]).contains(f"{version}.0")
    assert {option(each, "--base-image") for each in commands(plans[0], "run", "deploy")} == {BASE_IMAGE}
    assert f"python{version.replace('.', '')}" == BASE_IMAGE
    for name in function_names():
        assert (stage(name, tmp_path) / ".python-version").read_text().strip() == version


# What a person reads


def test_the_plan_says_why_each_part_is_there_and_shows_each_command(plans: tuple[Plan, Plan]) -> None:
    plan = plans[1]
    assert [each.name for each in plan.steps if not each.why] == []
    assert len({each.name for each in plan.steps}) == len(plan.steps)
    absent = [(each, State("absent")) for each in plan.steps]
    shown = "\n".join(difference(absent))
    assert all(f"+ {each.name}: {each.why}" in shown for each in plan.steps)
    text = script(plan)
    for call in (call for each in plan.steps for call in each.create):
        assert shell_line(call) in text
        assert not isinstance(call, Command) or shell_line(call) in shown


def test_the_script_is_bash_that_holds_no_secret_and_no_unknown_marker(
    plans: tuple[Plan, Plan], tmp_path: Any
) -> None:
    for plan in plans:
        text = script(plan)
        file = tmp_path / "deploy.sh"
        file.write_text(text)
        assert subprocess.run(["bash", "-n", str(file)], capture_output=True, check=False).stderr == b""
        assert re.findall(r"@[A-Z_]+[0-9]*@", text) == []
        assigned = set(re.findall(r'^(\w+)="\$\(', text, re.MULTILINE))
        assert set(re.findall(r"\$\{(\w+)\}", text)) <= assigned


def test_what_no_command_can_do_is_said_with_a_link(plans: tuple[Plan, Plan]) -> None:
    assert any("console.firebase.google.com" in each for each in plans[0].by_hand)
    assert any("https://usage.example.com/__/auth/handler" in each for each in plans[1].by_hand)
    urls = [
        call.url for plan in plans for each in plan.steps for call in each.calls if isinstance(call, Request)
    ]
    assert all(url.startswith("https://") for url in urls)


def test_the_smoke_test_asks_the_new_revisions(plans: tuple[Plan, Plan]) -> None:
    (smoke,) = [each.arguments for each in plans[0].commands if "tools.gate" in each.arguments]
    given = dict(each.split("=", 1) for each in smoke if each.startswith("GWI_"))
    origin = smoke[-1].removeprefix("--url=")
    parts = Target.of_url(origin, {**given, "GWI_PLATFORM_KEY": "k"}).parts
    assert {
        name: parts[name].partition("-@")[0] for name in ("record_usage", "usage_api", "stripe_webhook")
    } == {
        "record_usage": "https://canary---record-usage",
        "usage_api": "https://canary---usage-api",
        "stripe_webhook": "https://canary---stripe-webhook",
    }
    assert parts["web"] == origin == "https://demo-x.web.app"
