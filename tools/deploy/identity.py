"""Service accounts, their roles, and the secrets they may read."""

from collections.abc import Iterator
from typing import Final

from tools.deploy.plan import NUMBER, Command, Request, Secret, Step, gcloud, look, python
from tools.deploy.settings import Settings

BUILD: Final = "usage-build"
PUSH: Final = "usage-tick-push"
_DATASTORE: Final = "roles/datastore.user"
_WHY: Final = {
    _DATASTORE: "reads and writes usage in Firestore",
    "roles/firebaseauth.viewer": "looks up the accounts of members",
    "roles/pubsub.publisher": "hands on the work of a tick",
    "roles/run.builder": "builds the containers",
}
ROLES: Final = {
    "record-usage": (_DATASTORE,),
    "usage-api": (_DATASTORE, "roles/firebaseauth.viewer"),
    "stripe-webhook": (_DATASTORE,),
    "aggregate": (_DATASTORE, "roles/pubsub.publisher"),
    BUILD: ("roles/run.builder",),
    PUSH: (),
}
"""The roles of each service account in the project."""
STRIPE_KEY: Final = "STRIPE_API_KEY"
WEBHOOK_SECRET: Final = "STRIPE_WEBHOOK_SECRET"  # noqa: S105 (the name of a variable)
SMTP: Final = "SMTP_URL"
SEALING_KEYS: Final = "GWI_SEALING_KEYS"
SECRETS: Final = {
    STRIPE_KEY: ("usage-api", "stripe-webhook", "aggregate"),
    WEBHOOK_SECRET: ("stripe-webhook",),
    SMTP: ("aggregate",),
    SEALING_KEYS: ("usage-api",),
}
"""The services that read each secret."""
_FORMS: Final = {
    "live": (r"(?:sk|rk)_live_\w{16,}", "a key of Stripe's live mode"),
    "test": (r"(?:sk|rk)_test_\w{16,}", "a key of Stripe's test mode"),
    SMTP: (r"smtps?://\S+", "an address of the form smtp://user:password@host:587"),
    SEALING_KEYS: (
        r"[^:,\s]+:[^,\s]{32,}(?:,[^:,\s]+:[^,\s]{32,})*",
        "keys of the form id:secret, each secret of 32 characters",
    ),
}


def account(settings: Settings, name: str) -> str:
    return f"{name}@{settings.project}.iam.gserviceaccount.com"


def pubsub_agent() -> str:
    """Return the account with which Pub/Sub itself acts."""
    return f"serviceAccount:service-{NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com"


def secret_name(variable: str) -> str:
    return variable.lower().replace("_", "-")


def version_variable(variable: str) -> str:
    return f"VERSION_OF_{variable}"


def secrets_of(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Return the secrets that this environment has, with the services that read them."""
    wanted = {
        STRIPE_KEY: settings.sells,
        WEBHOOK_SECRET: settings.sells,
        SMTP: settings.smtp,
        SEALING_KEYS: settings.seals,
    }
    return {variable: services for variable, services in SECRETS.items() if wanted[variable]}


def identity_steps(settings: Settings) -> Iterator[Step]:
    """Yield the accounts and the roles that they have in the project."""
    project = settings.project
    for name, roles in ROLES.items():
        email = account(settings, name)
        yield Step(
            name=f"account {name}",
            why=f"{name} has an identity of its own, and no right that it does not need",
            describe=look(project, "iam", "service-accounts", "describe", email),
            settled={"email": email},
            create=(
                gcloud(
                    project, "iam", "service-accounts", "create", name, f"--display-name=GWI Usage: {name}"
                ),
            ),
            delete=(gcloud(project, "iam", "service-accounts", "delete", email),),
        )
        for role in roles:
            yield _project_role(project, role, f"serviceAccount:{email}")
    services = f"https://serviceusage.googleapis.com/v1beta1/projects/{project}/services"
    identity = f"{services}/pubsub.googleapis.com:generateServiceIdentity"
    yield Step(
        name="account of Pub/Sub",
        why="Pub/Sub signs the token of each push with an account that has to exist first",
        create=(Request(method="POST", url=identity, body={}),),
    )
    push = account(settings, PUSH)
    binding = [f"--member={pubsub_agent()}", "--role=roles/iam.serviceAccountTokenCreator"]
    yield Step(
        name="Pub/Sub may sign as usage-tick-push",
        why="`aggregate` takes only pushes that this account signs",
        describe=look(project, "iam", "service-accounts", "get-iam-policy", push),
        settled=_bound("roles/iam.serviceAccountTokenCreator", pubsub_agent()),
        create=(gcloud(project, "iam", "service-accounts", "add-iam-policy-binding", push, *binding),),
    )


def _project_role(project: str, role: str, member: str) -> Step:
    grant = (
        "projects",
        "add-iam-policy-binding",
        project,
        f"--member={member}",
        f"--role={role}",
        "--condition=None",
    )
    revoke = (
        "projects",
        "remove-iam-policy-binding",
        project,
        f"--member={member}",
        f"--role={role}",
        "--all",
    )
    name = member.removeprefix("serviceAccount:").partition("@")[0]
    return Step(
        name=f"{role} for {name}",
        why=f"{name} {_WHY[role]}, and does nothing else",
        describe=Command(("gcloud", "projects", "get-iam-policy", project, "--format=json", "--quiet")),
        settled=_bound(role, member),
        create=(Command(("gcloud", *grant, "--quiet")),),
        delete=(Command(("gcloud", *revoke, "--quiet")),),
    )


def _bound(role: str, member: str) -> dict[str, object]:
    return {"bindings": [{"role": role, "members": [member]}]}


def secret_steps(settings: Settings, webhook_url: str) -> Iterator[Step]:
    """Yield the secrets, their values and who may read them; the webhook's comes straight from Stripe's answer."""
    project = settings.project
    for variable, services in secrets_of(settings).items():
        name = secret_name(variable)
        replicated = ("--replication-policy=user-managed", f"--locations={settings.region}")
        yield Step(
            name=f"secret {name}",
            why=f"{variable} is in no file and on no command line",
            describe=look(project, "secrets", "describe", name),
            settled={"name": f"projects/{NUMBER}/secrets/{name}"},
            create=(gcloud(project, "secrets", "create", name, *replicated),),
            delete=(gcloud(project, "secrets", "delete", name),),
        )
        add = ("secrets", "versions", "add", name, "--data-file=-")
        stored = gcloud(project, *add, stdin=Secret(variable))
        from_stripe = gcloud(project, *add, stdin=python("tools.deploy.webhook_secret", webhook_url))
        yield Step(
            name=f"value of {name}",
            why=_origin(variable),
            describe=gcloud(project, "secrets", "versions", "access", "latest", f"--secret={name}"),
            create=(from_stripe if variable == WEBHOOK_SECRET else stored,),
            update=(stored,),
            secret=variable,
            form=_FORMS.get(settings.stripe if variable == STRIPE_KEY else variable, ("", "")),
        )
        yield Step(
            name=f"version of {name}",
            why="a revision keeps the value that it was deployed with, and a new value makes a new revision",
            describe=look(project, "secrets", "versions", "describe", "latest", f"--secret={name}"),
            settled={"state": "ENABLED"},
            yields=((version_variable(variable), "name"),),
        )
        for service in services:
            member = f"serviceAccount:{account(settings, service)}"
            binding = (f"--member={member}", "--role=roles/secretmanager.secretAccessor")
            yield Step(
                name=f"{service} reads {name}",
                why=f"{service} cannot start or work without it",
                describe=look(project, "secrets", "get-iam-policy", name),
                settled=_bound("roles/secretmanager.secretAccessor", member),
                create=(gcloud(project, "secrets", "add-iam-policy-binding", name, *binding),),
            )


def _origin(variable: str) -> str:
    if variable == WEBHOOK_SECRET:
        return "Stripe shows the secret of a webhook endpoint once, when it is created"
    return f"it comes from {variable} in your environment"
