"""The four Cloud Run services: source, identity, resources, environment and traffic."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tools.deploy.identity import BUILD, PUSH, account, secret_name, secrets_of, version_variable
from tools.deploy.messaging import AUDIENCE, TOPIC
from tools.deploy.plan import NUMBER, ROOT, Command, Step, gcloud, look, python
from tools.deploy.settings import FORENSICS, Settings

PYTHON: Final = (ROOT / "functions/.python-version").read_text().strip()
BASE_IMAGE: Final = f"python{PYTHON.replace('.', '')}"
THREADS: Final = 8
"""Also the concurrency: 512 MiB serve eight of the costliest requests at once (docs/operations.md)."""
MEMORY: Final = "512Mi"
TIMEOUT_SECONDS: Final = {"record-usage": 60, "usage-api": 60, "stripe-webhook": 60, "aggregate": 600}
SERVICES: Final = tuple(TIMEOUT_SECONDS)
MAX_INSTANCES: Final = {"record-usage": 40, "usage-api": 10, "stripe-webhook": 5, "aggregate": 10}
_ONLY: Final = {FORENSICS: "usage-api"}
"""Variables that the other services do without: they lack the secret that belongs to them."""
CANARY: Final = "canary"
LABEL: Final = "gwi-release"
_PROBE: Final = {"initialDelaySeconds": 30, "periodSeconds": 60, "timeoutSeconds": 10, "failureThreshold": 3}
_NOT_DEPLOYED: Final = frozenset({"__pycache__", "node_modules", "dist"})


def url(settings: Settings, service: str, tag: str = "") -> str:
    """Return a service's address, which Cloud Run derives from the project's number and the region."""
    host = f"{tag}---{service}" if tag else service
    return f"https://{host}-{NUMBER}.{settings.region}.run.app"


def function(service: str) -> str:
    return service.replace("-", "_")


def environment_of(settings: Settings, service: str) -> dict[str, str]:
    """Return the variables of a service; secrets come besides."""
    own = {name: text for name, text in settings.variables.items() if _ONLY.get(name, service) == service}
    return {
        "GOOGLE_CLOUD_PROJECT": settings.project,
        "GWI_METERING_ENABLED": "1",
        "GWI_TICK_TOPIC": TOPIC,
        "GWI_TICK_AUDIENCE": AUDIENCE,
        "GWI_TICK_SERVICE_ACCOUNT": account(settings, PUSH),
        "GWI_WEB_ORIGIN": settings.origin,
        "THREADS": str(THREADS),
        **own,
    }


def fingerprint(*parts: Path | str) -> str:
    """Return a hash of texts and of all files in folders, by their content and path."""
    digest = hashlib.sha256()
    for part in parts:
        files = [part] if isinstance(part, str) else sorted(_files(part))
        for each in files:
            content = (
                each.encode()
                if isinstance(each, str)
                else str(each.relative_to(ROOT)).encode() + each.read_bytes()
            )
            digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:16]


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for each in path.rglob("*"):
        if each.is_file() and not _NOT_DEPLOYED & set(each.relative_to(ROOT).parts) and each.suffix != ".pyc":
            yield each


def service_steps(settings: Settings, files: Mapping[str, str]) -> Iterator[Step]:
    """Yield each service with its newest revision, then the traffic for it; `files` has their environments."""
    for service in SERVICES:
        yield _service(settings, service, files)
    yield _traffic(settings)


def environment_files(settings: Settings, folder: str) -> dict[str, str]:
    """Return the files of variables with which the services are deployed; JSON is YAML too."""
    texts = {each: json.dumps(environment_of(settings, each), indent=2, sort_keys=True) for each in SERVICES}
    return {_environment_file(folder, each): f"{text}\n" for each, text in texts.items()}


def _environment_file(folder: str, service: str) -> str:
    return f"{folder}/{service}.yaml"


def _service(settings: Settings, service: str, files: Mapping[str, str]) -> Step:
    project, name = settings.project, function(service)
    (environment_file,) = (path for path in files if path.endswith(f"/{service}.yaml"))
    secrets = {
        variable: (secret_name(variable), f"@{version_variable(variable)}@")
        for variable, who in secrets_of(settings).items()
        if service in who
    }
    instances = settings.max_instances.get(service, MAX_INSTANCES[service])
    email, builder = account(settings, service), account(settings, BUILD)
    flags = [
        *(f"--source=dist/{name}", f"--function={name}", f"--base-image={BASE_IMAGE}"),
        f"--build-service-account=projects/{project}/serviceAccounts/{builder}",
        *(f"--service-account={email}", f"--env-vars-file={environment_file}"),
        *(f"--memory={MEMORY}", "--cpu=1", "--cpu-boost", f"--concurrency={THREADS}"),
        *(f"--timeout={TIMEOUT_SECONDS[service]}", "--min-instances=0", f"--max-instances={instances}"),
        # Each function checks its callers itself: keys, ID tokens, Stripe's signature, Pub/Sub's token.
        *("--ingress=all", "--no-invoker-iam-check"),
        "--liveness-probe=httpGet.path=/," + ",".join(f"{key}={number}" for key, number in _PROBE.items()),
    ]
    if secrets:
        flags.append(
            "--set-secrets="
            + ",".join(f"{key}={secret}:{version}" for key, (secret, version) in secrets.items())
        )
    else:
        flags.append("--clear-secrets")
    release = fingerprint(
        ROOT / f"functions/{name}",
        ROOT / "shared",
        ROOT / "functions/.python-version",
        *flags,
        *files.values(),
    )
    deploy = (
        "run",
        "deploy",
        service,
        f"--region={settings.region}",
        *flags,
        f"--labels={LABEL}={release}",
        f"--tag={CANARY}",
    )
    build = python("tools.build", name)
    values = [{"name": key, "value": text} for key, text in environment_of(settings, service).items()]
    references = [
        {"name": key, "valueFrom": {"secretKeyRef": {"name": secret, "key": version}}}
        for key, (secret, version) in secrets.items()
    ]
    container = {"env": [*values, *references], "resources": {"limits": {"memory": MEMORY}}}
    template = {
        "serviceAccountName": email,
        "containerConcurrency": THREADS,
        "timeoutSeconds": TIMEOUT_SECONDS[service],
        "containers": [container],
    }
    return Step(
        name=f"service {service}",
        why=f"runs functions/{name} as {service}; a new revision gets no traffic yet",
        describe=_describe(settings, service),
        settled={"metadata": {"labels": {LABEL: release}}, "spec": {"template": {"spec": template}}},
        create=(build, gcloud(project, *deploy)),
        update=(build, gcloud(project, *deploy, "--no-traffic")),
        delete=(gcloud(project, "run", "services", "delete", service, f"--region={settings.region}"),),
        yields=((_revision(service), "status.latestReadyRevisionName"),),
        patience=300,
    )


def _describe(settings: Settings, service: str) -> Command:
    return look(settings.project, "run", "services", "describe", service, f"--region={settings.region}")


def _revision(service: str) -> str:
    return f"REVISION_OF_{function(service).upper()}"


def _traffic(settings: Settings) -> Step:
    project, region = settings.project, f"--region={settings.region}"
    newest = [{"latestRevision": True, "percent": 100}]
    names = {
        "GWI_RECORD_URL": "record-usage",
        "GWI_API_URL": "usage-api",
        "GWI_WEBHOOK_URL": "stripe-webhook",
    }
    addresses = [f"{name}={url(settings, service, CANARY)}" for name, service in names.items()]
    smoke = python("tools.gate", "--smoke", f"--url={settings.origin}").arguments
    shift = ("run", "services", "update-traffic")
    return Step(
        name="traffic",
        why="requests go to new revisions only after these have passed the smoke test at addresses of their own",
        describe=look(project, "run", "services", "list", region),
        settled=[{"metadata": {"name": each}, "spec": {"traffic": newest}} for each in SERVICES],
        update=(
            Command(("env", *addresses, *smoke)),
            *(gcloud(project, *shift, each, region, "--to-latest") for each in SERVICES),
        ),
    )


def rollback(settings: Settings) -> tuple[Command, ...]:
    """Return the commands that give the traffic back to the revisions before this deploy."""
    return tuple(
        gcloud(
            settings.project,
            *("run", "services", "update-traffic", service, f"--region={settings.region}"),
            f"--to-revisions=@{_revision(service)}@=100",
        )
        for service in SERVICES
    )
