"""The tick: topics, push subscriptions and the scheduler's jobs."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.config import DEFAULT_TICK_TOPIC
from tools.deploy.identity import PUSH, account, pubsub_agent
from tools.deploy.plan import Step, gcloud, look
from tools.deploy.settings import Settings

TOPIC: Final = DEFAULT_TICK_TOPIC
DEAD_LETTERS: Final = f"{TOPIC}-dead-letters"
SUBSCRIPTION: Final = f"{TOPIC}-aggregate"
DEAD_SUBSCRIPTION: Final = f"{DEAD_LETTERS}-aggregate"
AUDIENCE: Final = "gwi-usage-tick"
"""What the tokens of pushes are for; `aggregate` takes no others."""
ATTEMPTS: Final = 5
ACK_SECONDS: Final = 600
RETRY_SECONDS: Final = (10, 600)
RETENTION_SECONDS: Final = 3600
"""Longer than five attempts of 600 s and the pauses of 10, 20, 40 and 80 s: a tick that fails becomes a dead
letter. Short, because the next tick does the work of the last."""
DEAD_RETENTION_SECONDS: Final = 7 * 24 * 3600
"""A dead letter outlives a week in which `aggregate` does not work, and an event one in which BigQuery takes none."""
JOBS: Final = {"tick": ("* * * * *", "{}"), "reconcile": ("17 3 * * *", '{"job": "reconcile"}')}
"""The scheduler's jobs: when, in UTC, and their message."""


def messaging_steps(settings: Settings, push_endpoint: str) -> Iterator[Step]:
    """Yield the steps that let Cloud Scheduler call `aggregate` through Pub/Sub."""
    yield _topic(
        settings.project, TOPIC, "hands each tick, and the work that it is split into, to `aggregate`"
    )
    yield _topic(settings.project, DEAD_LETTERS, f"keeps what failed {ATTEMPTS} times")
    if topic := settings.warehouse_topic:
        yield _topic(settings.project, topic, "every recorded event, for a BigQuery subscription")
    publisher = ("roles/pubsub.publisher", "topics", DEAD_LETTERS)
    yield _agent_role(settings.project, publisher, "Pub/Sub moves what failed to the dead letters")
    policy = {
        "deadLetterTopic": f"projects/{settings.project}/topics/{DEAD_LETTERS}",
        "maxDeliveryAttempts": ATTEMPTS,
    }
    flags = (f"--dead-letter-topic={DEAD_LETTERS}", f"--max-delivery-attempts={ATTEMPTS}")
    first = _Subscription(SUBSCRIPTION, TOPIC, push_endpoint)
    yield first.step(settings, {"deadLetterPolicy": policy}, flags)
    yield _Subscription(DEAD_SUBSCRIPTION, DEAD_LETTERS, push_endpoint).step(settings, {}, ())
    subscriber = ("roles/pubsub.subscriber", "subscriptions", SUBSCRIPTION)
    yield _agent_role(settings.project, subscriber, "Pub/Sub takes what failed from the subscription")
    for job, (schedule, message) in JOBS.items():
        yield _job(settings, job, schedule, message)


def _retention(topic: str) -> int:
    return RETENTION_SECONDS if topic == TOPIC else DEAD_RETENTION_SECONDS


def _topic(project: str, topic: str, why: str) -> Step:
    kept = f"{_retention(topic)}s"
    retention = f"--message-retention-duration={kept}"
    return Step(
        name=f"topic {topic}",
        why=why,
        describe=look(project, "pubsub", "topics", "describe", topic),
        settled={"messageRetentionDuration": kept},
        create=(gcloud(project, "pubsub", "topics", "create", topic, retention),),
        update=(gcloud(project, "pubsub", "topics", "update", topic, retention),),
        delete=(gcloud(project, "pubsub", "topics", "delete", topic),),
    )


def _agent_role(project: str, where: tuple[str, str, str], why: str) -> Step:
    role, kind, name = where
    binding = (f"--member={pubsub_agent()}", f"--role={role}")
    return Step(
        name=f"Pub/Sub has {role} on {name}",
        why=why,
        describe=look(project, "pubsub", kind, "get-iam-policy", name),
        settled={"bindings": [{"role": role, "members": [pubsub_agent()]}]},
        create=(gcloud(project, "pubsub", kind, "add-iam-policy-binding", name, *binding),),
    )


@dataclass(frozen=True, slots=True)
class _Subscription:
    """A push subscription of `aggregate`."""

    name: str
    topic: str
    push_endpoint: str

    def step(self, settings: Settings, policy: Mapping[str, object], flags: Sequence[str]) -> Step:
        sender, (least, most) = account(settings, PUSH), RETRY_SECONDS
        endpoint = f"{self.push_endpoint}/projects/{settings.project}/topics/{self.topic}"
        both = [
            *(f"--ack-deadline={ACK_SECONDS}", f"--message-retention-duration={_retention(self.topic)}s"),
            *(f"--push-endpoint={endpoint}", f"--push-auth-service-account={sender}"),
            f"--push-auth-token-audience={AUDIENCE}",
            *(
                f"--min-retry-delay={least}s",
                f"--max-retry-delay={most}s",
                "--expiration-period=never",
                *flags,
            ),
        ]
        change = ("pubsub", "subscriptions")
        return Step(
            name=f"subscription {self.name}",
            why="pushes with a token, and tries again for longer and longer",
            describe=look(settings.project, *change, "describe", self.name),
            settled={
                "topic": f"projects/{settings.project}/topics/{self.topic}",
                "ackDeadlineSeconds": ACK_SECONDS,
                "messageRetentionDuration": f"{_retention(self.topic)}s",
                "pushConfig": {
                    "pushEndpoint": endpoint,
                    "oidcToken": {"serviceAccountEmail": sender, "audience": AUDIENCE},
                },
                "retryPolicy": {"minimumBackoff": f"{least}s", "maximumBackoff": f"{most}s"},
                **policy,
            },
            create=(gcloud(settings.project, *change, "create", self.name, f"--topic={self.topic}", *both),),
            update=(gcloud(settings.project, *change, "update", self.name, *both),),
            delete=(gcloud(settings.project, *change, "delete", self.name),),
        )


def _job(settings: Settings, job: str, schedule: str, message: str) -> Step:
    project, place = settings.project, f"--location={settings.region}"
    flags = (
        place,
        f"--schedule={schedule}",
        "--time-zone=Etc/UTC",
        f"--topic={TOPIC}",
        f"--message-body={message}",
    )
    change = ("scheduler", "jobs")
    return Step(
        name=f"job {job}",
        why="reconciles billing with Stripe once a day"
        if "reconcile" in message
        else "folds and delivers each minute",
        describe=look(project, *change, "describe", job, place),
        settled={
            "schedule": schedule,
            "timeZone": "Etc/UTC",
            "state": "ENABLED",
            "pubsubTarget": {
                "topicName": f"projects/{project}/topics/{TOPIC}",
                "data": b64encode(message.encode()).decode(),
            },
        },
        create=(gcloud(project, *change, "create", "pubsub", job, *flags),),
        update=(
            gcloud(project, *change, "update", "pubsub", job, *flags),
            gcloud(project, *change, "resume", job, place),
        ),
        delete=(gcloud(project, *change, "delete", job, place),),
    )
