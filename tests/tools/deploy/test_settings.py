"""The file of an environment: what it may say, and that each mistake is reported before anything is done."""

from pathlib import Path

import pytest

from tests.tools.deploy.environments import everything
from tools.deploy.__main__ import main
from tools.deploy.environment import plan_environment
from tools.deploy.settings import InvalidSettingsError, read_settings


def problems(text: str, tmp_path: Path, project: str = "demo-x", region: str = "europe-west1") -> str:
    file = tmp_path / "environment.toml"
    file.write_text(text)
    with pytest.raises(InvalidSettingsError) as caught:
        plan_environment(read_settings(project, region, file))
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("colour = 'red'", "colour is not a setting"),
        ("domain = 'not a domain'", "domain is 'not a domain', which is not a domain"),
        ("stripe = 'maybe'", "stripe is 'maybe'; it must be test, live or off"),
        ("plans = 'nowhere.toml'", "plans is 'nowhere.toml', which is not a file of this checkout"),
        ("mail = 'me'", "mail must be a table"),
        ("[alerts]\nreceivers = ['nobody']", "the alert receiver 'nobody' is not an address"),
        ("[budget]\namount = '100USD'", "a budget needs both billing_account and amount"),
        (
            "[budget]\nbilling_account = 'x'\namount = '100'",
            "the budget's amount is '100'; it must be like 100USD",
        ),
        ("[max_instances]\nweb = 3", "max_instances names web, which is no service"),
        ("[variables]\nGWI_STORE = 'memory'", "GWI_STORE is not set in an environment"),
        (
            "[variables]\nSTRIPE_API_KEY = 'sk_live_x'",
            "STRIPE_API_KEY is a secret: it comes from your environment",
        ),
        ("[variables]\nGWI_NO_SUCH = '1'", "GWI_NO_SUCH is not a variable of docs/configuration.md"),
        (
            "[variables]\nGWI_TRIAL_DAYS = '9999'",
            "GWI_TRIAL_DAYS is '9999'; it must be a whole number from 0 to 730",
        ),
        ("origin = 'http://usage.example.com'", "GWI_WEB_ORIGIN must be an origin of the form https://"),
        ("project = 'other'", "project is 'other' in"),
        ("region = 'us-east1'", "region is 'us-east1' in"),
        ("x = [", "cannot be read"),
    ],
)
def test_a_mistake_is_reported(text: str, reported: str, tmp_path: Path) -> None:
    assert reported in problems(text, tmp_path)


def test_a_project_and_a_region_have_to_be_possible(tmp_path: Path) -> None:
    said = problems("", tmp_path, project="x", region="everywhere")
    assert said.splitlines() == [
        "project is 'x', which is not the id of a Google Cloud project",
        "region is 'everywhere'; it must be a location such as europe-west1",
        "firestore_location is 'everywhere'; it must be a location such as europe-west1",
    ]


def test_two_environments_are_two_files(tmp_path: Path) -> None:
    for name in ("staging-1", "production-1"):
        (tmp_path / f"{name}.toml").write_text(f'project = "{name}"\nregion = "us-east1"\n')
    plans = [
        plan_environment(read_settings(name, "", tmp_path / f"{name}.toml"))
        for name in ("staging-1", "production-1")
    ]
    assert not set(plans[0].files) & set(plans[1].files)
    assert [plan.environment["GWI_WEB_ORIGIN"] for plan in plans] == [
        "https://staging-1.web.app",
        "https://production-1.web.app",
    ]


def test_an_environment_with_everything_is_valid(tmp_path: Path) -> None:
    settings = everything(tmp_path)
    assert settings.variables["GWI_OPERATOR_EMAIL"] == "a@example.com"
    assert settings.origin == "https://usage.example.com"


def test_a_wrong_file_changes_nothing_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--project", "demo-x", "--region", "mars", "--dry-run"]) == 2
    reported = capsys.readouterr().err
    assert reported.splitlines()[:2] == [
        "Nothing was changed.",
        "region is 'mars'; it must be a location such as europe-west1",
    ]


def test_without_credentials_a_dry_run_shows_the_whole_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CORE_CHECK_GCE_METADATA", "0")
    assert main(["--project", "demo-x", "--region", "europe-west1", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "every part of demo-x counts as absent." in said.splitlines()[0]
    plan = plan_environment(read_settings("demo-x", "europe-west1", None))
    steps, always = len(plan.steps), sum(step.describe is None for step in plan.steps)
    counts = (
        f"{steps} steps, {len(list(plan.commands))} commands: {steps - always} parts to create, 0 to change"
    )
    assert counts in said
    assert "\n+ service aggregate: " in said
