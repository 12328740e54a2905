"""The project itself: what may be done in it, its APIs, Firebase and sign-in."""

from collections.abc import Iterator
from typing import Final

from tools.deploy.plan import Command, Request, Step, firebase, gcloud, look
from tools.deploy.settings import Settings

APIS: Final = (
    *("run", "cloudbuild", "artifactregistry", "firestore", "pubsub", "cloudscheduler", "secretmanager"),
    *("monitoring", "logging", "iam", "firebase", "firebasehosting", "firebaserules", "identitytoolkit"),
    *("cloudresourcemanager", "serviceusage", "billingbudgets"),
)
RIGHTS: Final = (
    *("serviceusage.services.enable", "firebase.projects.update", "datastore.databases.create"),
    *("iam.serviceAccounts.create", "iam.serviceAccounts.actAs", "resourcemanager.projects.setIamPolicy"),
    *("run.services.create", "run.services.setIamPolicy", "cloudbuild.builds.create"),
    *("pubsub.topics.create", "pubsub.subscriptions.create", "cloudscheduler.jobs.create"),
    *("secretmanager.secrets.create", "secretmanager.versions.add", "secretmanager.versions.access"),
    *("monitoring.alertPolicies.create", "logging.logMetrics.create"),
)
_IDENTITY: Final = "https://identitytoolkit.googleapis.com"
WEB_APP: Final = "GWI Usage"


def project_steps(settings: Settings) -> Iterator[Step]:
    """Yield the steps that need nothing but the project."""
    project = settings.project
    yield Step(
        name="project",
        why="everything is in one project, which a person creates and links to a billing account",
        describe=Command(("gcloud", "projects", "describe", project, "--format=json", "--quiet")),
        settled={"projectId": project, "lifecycleState": "ACTIVE"},
        yields=(("PROJECT_NUMBER", "projectNumber"),),
        refusal=f"project {project} does not exist, or you may not see it",
    )
    yield Step(
        name="billing",
        why="Cloud Run, Cloud Build and Cloud Scheduler need a billing account",
        describe=Command(("gcloud", "billing", "projects", "describe", project, "--format=json", "--quiet")),
        settled={"billingEnabled": True},
        refusal=f"no billing account is linked to {project}",
    )
    apis = [f"{api}.googleapis.com" for api in APIS]
    yield Step(
        name="APIs",
        why="each part of the product is behind an API of its own",
        describe=look(project, "services", "list", "--enabled"),
        settled=[{"config": {"name": api}} for api in apis],
        create=(gcloud(project, "services", "enable", *apis),),
    )
    yield Step(
        name="rights",
        why="a deploy that lacks a right would end halfway",
        describe=Request(
            method="POST",
            url=f"https://cloudresourcemanager.googleapis.com/v1/projects/{project}:testIamPermissions",
            body={"permissions": list(RIGHTS)},
        ),
        settled={"permissions": list(RIGHTS)},
        refusal="you lack rights in the project; roles/owner has all of them",
    )
    yield from _firebase(settings)


def _firebase(settings: Settings) -> Iterator[Step]:
    project = settings.project
    management = f"https://firebase.googleapis.com/v1beta1/projects/{project}"
    yield Step(
        name="Firebase",
        why="Hosting, sign-in and the security rules belong to Firebase",
        describe=Request(method="GET", url=management),
        settled={"projectId": project},
        create=(firebase(project, "projects:addfirebase", project),),
    )
    yield Step(
        name="web app",
        why="Hosting serves the dashboard its configuration from it",
        describe=Request(method="GET", url=f"{management}/webApps"),
        settled={"apps": [{"displayName": WEB_APP}]},
        create=(firebase(project, "apps:create", "WEB", WEB_APP),),
    )
    config = f"{_IDENTITY}/admin/v2/projects/{project}/config"
    wanted = {
        "signIn": {"email": {"enabled": True, "passwordRequired": True}},
        "authorizedDomains": _authorized_domains(settings),
    }
    sign_in = Request(method="PATCH", url=f"{config}?updateMask=signIn.email,authorizedDomains", body=wanted)
    initialize = f"{_IDENTITY}/v2/projects/{project}/identityPlatform:initializeAuth"
    yield Step(
        name="sign-in",
        why="people sign in with a password, only from the dashboard's own domains",
        describe=Request(method="GET", url=config),
        settled=wanted,
        create=(Request(method="POST", url=initialize, body={}), sign_in),
        update=(sign_in,),
    )


def _authorized_domains(settings: Settings) -> list[str]:
    host = settings.origin.removeprefix("https://").partition(":")[0]
    ours = [f"{settings.project}.firebaseapp.com", f"{settings.project}.web.app", settings.auth_domain, host]
    return list(dict.fromkeys(ours))
