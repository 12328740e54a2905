"""Applying a plan: once, twice, interrupted anywhere, and against a project in which something is wrong."""

import copy
from collections.abc import Iterator

import pytest

from tests.tools.deploy.environments import plans
from tests.tools.deploy.fake_project import KEY, VALUES, FakeProject, arguments_of
from tools.deploy.plan import Json, Plan, Step, filled, filled_call
from tools.deploy.run import Runner, StoppedError, rollback_commands
from tools.deploy.shell import Result

__all__ = ["plans"]
LIVE_KEY = "sk_live_" + 24 * "a"
GIVEN = {name: VALUES[name] for name in ("SMTP_URL", "GWI_SEALING_KEYS")}


@pytest.fixture
def plan(plans: tuple[Plan, Plan]) -> Plan:
    return plans[0]


def runner(project: FakeProject, key: str | None = KEY, *, replaces: bool = False) -> Runner:
    secrets = {} if key is None else {**GIVEN, "STRIPE_API_KEY": key}
    return Runner(
        project.plan,
        project,
        secrets,
        say=lambda _line: None,
        pause=lambda _seconds: None,
        replaces_secrets=replaces,
    )


def deployed(plan: Plan) -> FakeProject:
    project = FakeProject(plan)
    runner(project).apply()
    project.changes.clear()
    return project


def always(project: FakeProject) -> list[str]:
    """The calls of the steps whose tool compares by itself."""
    calls = [call for step in project.plan.steps if step.describe is None for call in step.create]
    return [arguments_of(filled_call(call, project.known)) for call in calls]


def test_an_empty_project_gets_every_part_in_order(plan: Plan) -> None:
    project = FakeProject(plan)
    count = runner(project).apply()
    created = [step for step in plan.steps if step.create and step.describe is not None]
    assert count == len(created) > 50
    assert len(project.changes) == sum(len(step.create) for step in plan.steps)


def test_the_second_time_nothing_changes(plan: Plan) -> None:
    project = deployed(plan)
    before = copy.deepcopy(project.descriptions)
    assert runner(project).apply() == 0
    assert [arguments_of(call) for call in project.changes] == always(project)
    assert project.descriptions == before


def test_everything_may_be_configured_and_is_applied_once_too(plans: tuple[Plan, Plan]) -> None:
    project = FakeProject(plans[1])
    assert runner(project, LIVE_KEY).apply() > 65
    project.changes.clear()
    assert runner(project, None).apply() == 0
    assert [arguments_of(call) for call in project.changes] == always(project)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_deploy_that_is_interrupted_anywhere_goes_on_from_there(plan: Plan, when: str) -> None:
    whole = deployed(plan).descriptions
    total = sum(len(step.create) for step in plan.steps)
    for place in range(when == "after", total, 4):

        def interrupt(number: int, now: str, place: int = place) -> None:
            if (number, now) == (place + (when == "after"), when):
                raise KeyboardInterrupt

        project = FakeProject(plan, interrupt)
        with pytest.raises(KeyboardInterrupt):
            runner(project).apply()
        project.on_change = lambda _number, _when: None
        runner(project).apply()
        assert project.descriptions == whole, place


def changed(value: Json) -> Iterator[Json]:
    """Yield `value` with each thing in it, one at a time, that somebody could have changed."""
    if isinstance(value, dict):
        for key in value:
            yield from ({**value, key: each} for each in changed(value[key]))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
            yield from ([*value[:index], each, *value[index + 1 :]] for each in changed(value[index]))
    else:
        yield f"not {value}"


def few(values: Iterator[Json]) -> list[Json]:
    found = list(values)
    return found[:: max(1, len(found) // 5)]


def test_whatever_somebody_changed_is_noticed(plan: Plan) -> None:
    project = deployed(plan)
    for step in plan.steps:
        if step.describe is None or step.secret or not step.settled or step.refusal:
            continue
        whole = project.descriptions[step.name]
        for wrong in few(changed(filled(step.settled, project.known))):
            project.descriptions[step.name] = wrong
            state = runner(project)._look(step)
            assert state.kind in ("different", "absent"), (step.name, wrong)
        project.descriptions[step.name] = whole


def test_what_is_different_is_repaired_by_its_own_command(plan: Plan) -> None:
    project = deployed(plan)
    project.descriptions["subscription usage-tick-aggregate"]["ackDeadlineSeconds"] = 10
    assert runner(project).apply() == 1
    (repair,) = [arguments_of(call) for call in project.changes if "subscriptions" in arguments_of(call)]
    assert "subscriptions update usage-tick-aggregate" in repair
    assert project.descriptions["subscription usage-tick-aggregate"]["ackDeadlineSeconds"] == 600


def test_new_revisions_get_traffic_after_the_smoke_test(plan: Plan) -> None:
    project = deployed(plan)
    project.descriptions["service record-usage"]["metadata"]["labels"]["gwi-release"] = "older"
    project.descriptions["service record-usage"]["status"]["latestReadyRevisionName"] = "record-usage-7"
    older = {
        "spec": {"traffic": [{"revisionName": "older", "percent": 100}]},
        "metadata": {"name": "record-usage"},
    }
    project.descriptions["traffic"][0] = older
    run = runner(project)
    assert run.apply() == 2
    build, deploy, smoke, *shifts = [
        text for call in project.changes if (text := arguments_of(call)) not in always(project)
    ]
    assert "tools.build record_usage" in build
    assert "--tag=canary" in deploy
    assert "--no-traffic" in deploy
    assert "GWI_RECORD_URL=https://canary---record-usage-" in smoke
    assert smoke.endswith("tools.gate --smoke --url=https://demo-x.web.app")
    assert len(shifts) == 4
    assert all("update-traffic" in each and "--to-latest" in each for each in shifts)
    (back,) = map(arguments_of, rollback_commands(run))
    assert "update-traffic record-usage --region=europe-west1 --to-revisions=record-usage-7=100" in back


def test_a_revision_that_fails_the_smoke_test_gets_no_traffic(plan: Plan) -> None:
    project = deployed(plan)
    project.descriptions["traffic"][0]["spec"]["traffic"] = [{"revisionName": "older", "percent": 100}]
    project.failing = "tools.gate"
    assert ", traffic: ERROR: it failed" in stopped(project)
    assert not any("update-traffic" in arguments_of(call) for call in project.changes)


def stopped(project: FakeProject, key: str | None = KEY) -> str:
    with pytest.raises(StoppedError) as caught:
        runner(project, key).apply()
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("step", "answer", "reported"),
    [
        (
            "project",
            "ERROR: (gcloud.projects.describe) [me] does not have permission to access projects instance [demo-x] "
            "(or it may not exist)",
            "project demo-x does not exist, or you may not see it",
        ),
        (
            "project",
            "ERROR: You do not currently have an active account selected.",
            "there are no credentials",
        ),
        (
            "project",
            "ERROR: Unable to find the server at cloudresourcemanager",
            "Google Cloud cannot be reached",
        ),
        (
            "database",
            "ERROR: PERMISSION_DENIED: Missing datastore.databases.get",
            "a right is missing: ERROR",
        ),
        ("APIs", "ERROR: something else\nwith details", "ERROR: something else"),
    ],
)
def test_a_failure_is_reported_in_one_line(plan: Plan, step: str, answer: str, reported: str) -> None:
    project = FakeProject(plan)
    project.answers[step] = Result(ok=False, text=answer)
    number = [each.name for each in plan.steps].index(step) + 1
    assert stopped(project).startswith(f"step {number} of {len(plan.steps)}, {step}: {reported}")


def test_an_api_that_is_off_is_no_missing_right() -> None:
    text = "ERROR: PERMISSION_DENIED: Cloud Run API has not been used in project 1 before or it is disabled."
    assert Result(ok=False, text=text).is_missing


def test_a_region_without_firestore_stops_before_anything_is_stored(plan: Plan) -> None:
    project = FakeProject(plan)
    project.descriptions["Firestore's location"] = [{"locationId": "us-east1"}]
    assert "Firestore is not offered in europe-west1" in stopped(project)
    assert not any("databases create" in arguments_of(call) for call in project.changes)


def test_a_missing_right_is_named(plan: Plan) -> None:
    project = FakeProject(plan)
    project.descriptions["rights"]["permissions"].remove("run.services.create")
    assert 'roles/owner has all of them; permissions lacks "run.services.create"' in stopped(project)


def test_a_key_of_the_wrong_mode_is_not_stored(plan: Plan) -> None:
    project = FakeProject(plan)
    assert "STRIPE_API_KEY is not a key of Stripe's test mode" in stopped(project, LIVE_KEY)
    assert "value of stripe-api-key" not in project.descriptions


def test_an_environment_moves_from_test_mode_to_live_mode(plans: tuple[Plan, Plan]) -> None:
    project = FakeProject(plans[1])
    project.descriptions["value of stripe-api-key"] = KEY
    assert "STRIPE_API_KEY is not a key of Stripe's live mode" in stopped(project, None)
    runner(project, LIVE_KEY, replaces=True).apply()
    assert project.descriptions["value of stripe-api-key"] == LIVE_KEY


def test_a_secret_that_nobody_gives_is_asked_for_by_name(plan: Plan) -> None:
    assert "STRIPE_API_KEY is neither in the project nor in your environment" in stopped(
        FakeProject(plan), None
    )


def test_a_secret_with_another_value_is_replaced_only_on_request(plan: Plan) -> None:
    project, other = deployed(plan), "sk_test_" + 24 * "b"
    message = stopped(project, other)
    assert "STRIPE_API_KEY has another value in the project" in message
    assert KEY not in message
    assert other not in message
    assert project.descriptions["value of stripe-api-key"] == KEY
    runner(project, other, replaces=True).apply()
    assert project.descriptions["value of stripe-api-key"] == other


def test_a_new_value_of_a_secret_makes_new_revisions_of_the_services_that_read_it(plan: Plan) -> None:
    project = deployed(plan)
    project.descriptions["version of stripe-webhook-secret"]["name"] = "projects/1/secrets/s/versions/8"
    run = runner(project)
    states = {step.name: state for step, state in run.survey()}
    changed = {name for name, state in states.items() if state.kind == "different"}
    assert changed == {"service stripe-webhook"}
    assert 'env lacks {"name": "STRIPE_WEBHOOK_SECRET"' in states["service stripe-webhook"].lines[0]


def test_a_webhook_secret_is_rotated_with_both_values(plan: Plan) -> None:
    project, both = deployed(plan), f"whsec_{24 * 'b'},{VALUES['STRIPE_WEBHOOK_SECRET']}"
    run = runner(project, replaces=True)
    run.secrets["STRIPE_WEBHOOK_SECRET"] = both
    run.apply()
    assert project.descriptions["value of stripe-webhook-secret"] == both


def test_a_part_that_does_not_appear_ends_the_deploy(plan: Plan) -> None:
    project = deployed(plan)
    step: Step = next(each for each in plan.steps if each.name == "database")
    project.answers["database"] = Result(ok=True, text='{"locationId": "nam5"}')
    assert f'after {step.patience} s: locationId is "nam5", not "europe-west1"' in stopped(project)


def test_the_indexes_are_waited_for(plan: Plan) -> None:
    project, looked = deployed(plan), []
    project.descriptions["indexes are READY"] = [{"name": "operations/1"}]
    run = runner(project)

    def finish(_seconds: float) -> None:
        looked.append(project.runs)
        if len(looked) == 3:
            project.descriptions["indexes are READY"] = []

    run.pause = finish
    run.apply()
    assert len(looked) == 3


def test_destroying_takes_away_all_but_the_data(plan: Plan) -> None:
    project = deployed(plan)
    assert runner(project).destroy() > 30
    left = {
        name for name in project.descriptions if name.startswith(("service ", "topic ", "job ", "secret "))
    }
    assert left == set()
    assert {"database", "daily backup"} <= set(project.descriptions)
    assert runner(project).destroy() >= 0
