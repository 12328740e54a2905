"""`make deploy` and `make destroy`: bring an environment into its project, or take it away."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.deploy.environment import plan_environment
from tools.deploy.identity import SECRETS
from tools.deploy.plan import ROOT, Plan, Step
from tools.deploy.render import difference, script, shell_line
from tools.deploy.run import Runner, State, StoppedError, rollback_commands
from tools.deploy.settings import InvalidSettingsError, read_settings
from tools.deploy.shell import RealShell

_KEPT = "Firestore's database and its backups stay. To delete them too:"


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code."""
    options = _options(arguments)
    try:
        plan = plan_environment(read_settings(options.project, options.region, _file(options)))
    except InvalidSettingsError as error:
        print(f"Nothing was changed.\n{error}", file=sys.stderr)
        return 2
    secrets = {name: text for name in SECRETS if (text := os.environ.get(name))}
    runner = Runner(plan, RealShell(plan.project), secrets, replaces_secrets=options.replace_secrets)
    _write_files(plan)
    try:
        if options.destroy:
            return _destroy(runner)
        return _dry_run(runner) if options.dry_run else _deploy(runner)
    except StoppedError as error:
        print(f"Stopped at {error}.", file=sys.stderr)
        if not options.dry_run:
            print("What came before is done; the same command goes on from here.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on from here.", file=sys.stderr)
        return 130


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make deploy", description=__doc__)
    parser.add_argument("--project", default="", help="the Google Cloud project")
    parser.add_argument("--region", default="", help="the region of the services, such as europe-west1")
    parser.add_argument(
        "--file", default="", help="the environment's file (default: tools/deploy/PROJECT.toml)"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the whole plan and change nothing")
    parser.add_argument(
        "--replace-secrets", action="store_true", help="store the secrets of your environment"
    )
    parser.add_argument("--destroy", action="store_true", help="delete everything but the data")
    return parser.parse_args(arguments)


def _file(options: argparse.Namespace) -> Path | None:
    if options.file:
        return Path(options.file)
    usual = Path(__file__).parent / f"{options.project}.toml"
    return usual if usual.is_file() else None


def _write_files(plan: Plan) -> None:
    for name, text in {**plan.files, f".local/deploy/{plan.project}/deploy.sh": script(plan)}.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _dry_run(runner: Runner) -> int:
    plan = runner.plan
    states: list[tuple[Step, State]]
    if problem := _unreachable(runner):
        print(f"{problem[0].upper()}{problem[1:]}: every part of {plan.project} counts as absent.\n")
        states = [(step, State("always" if step.describe is None else "absent")) for step in plan.steps]
    else:
        states = list(runner.survey())
    print("\n".join(difference(states)))
    counts = {
        kind: sum(state.kind == kind for _, state in states) for kind in ("absent", "different", "present")
    }
    print(
        f"\n{len(states)} steps, {len(list(plan.commands))} commands: {counts['absent']} parts to create, "
        f"{counts['different']} to change, {counts['present']} as they should be. Nothing was changed."
    )
    print(f"As a script: .local/deploy/{plan.project}/deploy.sh")
    _tell_by_hand(plan)
    return 0


def _unreachable(runner: Runner) -> str | None:
    """Return why the project cannot be looked at at all; None if it can."""
    first = runner.plan.steps[0].describe
    assert first is not None  # noqa: S101 (the first step describes the project)
    result = runner.shell.run(first, {})
    return result.line if "is not installed" in result.text else result.problem


def _deploy(runner: Runner) -> int:
    count = runner.apply()
    origin = runner.plan.environment["GWI_WEB_ORIGIN"]
    print(f"\n{runner.plan.project} is deployed; {count} parts were changed: {origin}")
    if commands := rollback_commands(runner):
        print("\nTo go back to the revisions before:")
        print("\n".join(f"  {shell_line(each)}" for each in commands))
    _tell_by_hand(runner.plan)
    return 0


def _destroy(runner: Runner) -> int:
    project = runner.plan.project
    print(f"This deletes the services, secrets, topics, alerts and accounts of GWI Usage in {project}.")
    if input("The project's name, to go on: ").strip() != project:
        print("Nothing was deleted.")
        return 1
    print(f"{runner.destroy()} parts were deleted.")
    database = f"gcloud firestore databases {{}} --database='(default)' --project={project}"
    print(f"{_KEPT}\n  {database.format('update')} --no-delete-protection\n  {database.format('delete')}")
    return 0


def _tell_by_hand(plan: Plan) -> None:
    print("\nBy hand, because no command can:")
    print("\n".join(f"  {each}" for each in plan.by_hand))


if __name__ == "__main__":
    raise SystemExit(main())
