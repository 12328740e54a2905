"""The dashboard: the firebase.json of an environment, its build, and its domain."""

import json
from collections.abc import Iterator
from typing import Any, Final

from tools.deploy.plan import ROOT, Command, Request, Step, firebase
from tools.deploy.services import fingerprint
from tools.deploy.settings import Settings

_HOSTING: Final = "https://firebasehosting.googleapis.com/v1beta1"
_ANY_AUTH_DOMAIN: Final = "https://*.firebaseapp.com"


def firebase_files(settings: Settings, folder: str) -> dict[str, str]:
    """Return the environment's firebase.json, and the files that have to be beside it."""
    config: dict[str, Any] = json.loads((ROOT / "firebase.json").read_text())
    del config["emulators"]
    hosting = config["hosting"]
    hosting |= {"site": settings.project, "public": "web"}
    for rewrite in hosting["rewrites"]:
        if run := rewrite.get("run"):
            run["region"] = settings.region
    text = json.dumps(config, indent=2).replace(_ANY_AUTH_DOMAIN, f"https://{settings.auth_domain}")
    beside = [config["firestore"]["rules"], config["firestore"]["indexes"]]
    return {
        f"{folder}/firebase.json": text + "\n",
        **{f"{folder}/{name}": (ROOT / name).read_text() for name in beside},
    }


def hosting_steps(settings: Settings, folder: str, files: dict[str, str]) -> Iterator[Step]:
    """Yield the dashboard's release, and its own domain if it has one."""
    project = settings.project
    release = fingerprint(ROOT / "web", files[f"{folder}/firebase.json"], settings.auth_domain)
    build = ("npm", "--prefix", "web", "run", "build", "--", "--emptyOutDir", "--outDir", f"../{folder}/web")
    deploy = ("deploy", "--only=hosting", f"--config={folder}/firebase.json", f"--message={release}")
    yield Step(
        name="Hosting",
        why="serves the dashboard, and passes /api and /v1 on to the services that are there by now",
        describe=Request(method="GET", url=f"{_HOSTING}/sites/{project}/releases?pageSize=1"),
        settled={"releases": [{"message": release}]},
        create=(
            Command(("env", f"VITE_AUTH_DOMAIN={settings.auth_domain}", *build)),
            firebase(project, *deploy),
        ),
        delete=(firebase(project, "hosting:disable", "--force", f"--site={project}"),),
    )
    if settings.domain:
        domains = f"{_HOSTING}/projects/{project}/sites/{project}/customDomains"
        yield Step(
            name=f"domain {settings.domain}",
            why="people see your name, and cookies and sign-in are of one site",
            describe=Request(method="GET", url=f"{domains}/{settings.domain}"),
            settled={"name": f"projects/{project}/sites/{project}/customDomains/{settings.domain}"},
            create=(Request(method="POST", url=f"{domains}?customDomainId={settings.domain}", body={}),),
            delete=(Request(method="DELETE", url=f"{domains}/{settings.domain}"),),
        )
