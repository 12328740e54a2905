"""Firestore: the database, its backups, and its rules and indexes."""

import json
from collections.abc import Iterator
from typing import Final

from tools.deploy.plan import ROOT, Request, Step, firebase, gcloud, look
from tools.deploy.settings import Settings

DATABASE: Final = "--database=(default)"
_BACKUPS_KEPT: Final = "7d"
_HOUR: Final = 3600


def firestore_steps(settings: Settings, config: str) -> Iterator[Step]:
    """Yield the steps of the database; `config` is the path of the generated firebase.json."""
    project, location = settings.project, settings.firestore_location
    yield Step(
        name="Firestore's location",
        why="a database never moves, and Firestore is not in every region",
        describe=look(project, "firestore", "locations", "list"),
        settled=[{"locationId": location}],
        refusal=f"Firestore is not offered in {location}",
    )
    recovery = settings.point_in_time_recovery
    switches = ["--delete-protection", "--enable-pitr" if recovery else "--no-enable-pitr"]
    created = [f"--location={location}", "--edition=standard", "--type=firestore-native"]
    created += ["--delete-protection", *(["--enable-pitr"] if recovery else [])]
    yield Step(
        name="database",
        why="everything the product knows is in the database (default), which nobody deletes by mistake",
        describe=look(project, "firestore", "databases", "describe", DATABASE),
        settled={
            "locationId": location,
            "type": "FIRESTORE_NATIVE",
            "databaseEdition": "STANDARD",
            "deleteProtectionState": "DELETE_PROTECTION_ENABLED",
            "pointInTimeRecoveryEnablement": f"POINT_IN_TIME_RECOVERY_{'EN' if recovery else 'DIS'}ABLED",
        },
        create=(gcloud(project, "firestore", "databases", "create", DATABASE, *created),),
        update=(gcloud(project, "firestore", "databases", "update", DATABASE, *switches),),
    )
    schedule = [f"--retention={_BACKUPS_KEPT}"]
    yield Step(
        name="daily backup",
        why="a mistake of ours is found within a week",
        describe=look(project, "firestore", "backups", "schedules", "list", DATABASE),
        settled=[{"dailyRecurrence": {}, "retention": f"{7 * 24 * _HOUR}s"}],
        create=(
            gcloud(
                project,
                "firestore",
                "backups",
                "schedules",
                "create",
                DATABASE,
                "--recurrence=daily",
                *schedule,
            ),
        ),
    )
    yield from _rules_and_indexes(project, config)


def _rules_and_indexes(project: str, config: str) -> Iterator[Step]:
    rules = "https://firebaserules.googleapis.com/v1/projects"
    yield Step(
        name="security rules",
        why="a browser reads only what its own tenant shows",
        describe=Request(
            method="GET", url=f"{rules}/{project}/releases/cloud.firestore", follow="rulesetName"
        ),
        settled={"source": {"files": [{"content": (ROOT / "firestore.rules").read_text()}]}},
        create=(firebase(project, "deploy", "--only=firestore:rules", f"--config={config}"),),
    )
    wanted = json.loads((ROOT / "firestore.indexes.json").read_text())
    yield Step(
        name="indexes and TTL",
        why="queries need their indexes, and what has expired is deleted; gcloud cannot make all of them",
        describe=firebase(project, "firestore:indexes"),
        settled={
            "indexes": wanted["indexes"],
            "fieldOverrides": [_as_listed(each) for each in wanted["fieldOverrides"]],
        },
        create=(firebase(project, "deploy", "--only=firestore:indexes", f"--config={config}", "--force"),),
    )
    yield Step(
        name="indexes are READY",
        why="a query whose index is still being built fails, so the services wait for it",
        describe=look(project, "firestore", "operations", "list", DATABASE, "--filter=-done:true"),
        settled=[],
        patience=_HOUR,
    )


def _as_listed(override: dict[str, object]) -> dict[str, object]:
    """Return a field override as firebase-tools list it: without a TTL it may say so or not."""
    return {name: value for name, value in override.items() if (name, value) != ("ttl", False)}
