"""Firestore that refuses this service: the answer comes at once, and one line a minute says who was refused where."""

import logging
from pathlib import Path

import grpc
import pytest
from google.auth.exceptions import DefaultCredentialsError

from shared.adapters.firestore.refused import LOG_EVERY_SECONDS, LOOK_EVERY_SECONDS, Gate, own_identity
from shared.domain.errors import Unavailable
from tests.adapters.conftest import Connect
from tests.adapters.google_double import GoogleDouble
from tests.adapters.interceptors import CallFailed, FailingCalls

DATABASE = "projects/some-project/databases/(default)"
DENIED = CallFailed(grpc.StatusCode.PERMISSION_DENIED, "Missing or insufficient permissions.")
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
ACCOUNT = "usage-api@demo-gwi.iam.gserviceaccount.com"


class Watch:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def gate(watch: Watch) -> Gate:
    return Gate(DATABASE, lambda: ACCOUNT, watch)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if "Firestore refuses" in each.getMessage()]


@pytest.mark.parametrize(
    "error",
    [
        DENIED,
        CallFailed(grpc.StatusCode.UNAUTHENTICATED, "Request had invalid authentication credentials."),
        CallFailed(UNAVAILABLE, "Getting metadata from plugin failed with error: invalid_grant"),
        CallFailed(
            grpc.StatusCode.NOT_FOUND, "The database (default) does not exist for project some-project"
        ),
    ],
    ids=lambda error: error.code().name,
)
def test_a_refusal_differs_from_an_outage(error: CallFailed) -> None:
    with pytest.raises(Unavailable) as caught:
        gate(Watch()).require_access(error)
    assert (caught.value.code, caught.value.retry_after_seconds) == ("store_not_reachable", 30)


@pytest.mark.parametrize(
    "error",
    [
        CallFailed(UNAVAILABLE, "failed to connect to all addresses"),
        CallFailed(grpc.StatusCode.NOT_FOUND, f"No document to update: {DATABASE}/documents/tenants/acme"),
        CallFailed(grpc.StatusCode.ALREADY_EXISTS),
    ],
    ids=lambda error: error.code().name,
)
def test_any_other_error_is_no_refusal(error: CallFailed) -> None:
    gate(Watch()).require_access(error)


def test_one_line_a_minute_names_the_project_the_database_and_the_identity(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch = Watch()
    door = gate(watch)

    def fail(times: int) -> None:
        for _ in range(times):
            with pytest.raises(Unavailable):
                door.require_access(DENIED)

    fail(100)
    watch.seconds += LOG_EVERY_SECONDS - 1
    fail(100)
    line = (
        f"Firestore refuses {ACCOUNT} on {DATABASE}: PERMISSION_DENIED: Missing or insufficient permissions."
    )
    assert lines(caplog) == [line]
    watch.seconds += 1
    fail(100)
    assert lines(caplog) == [line, line]
    assert caplog.records[0].levelno == logging.ERROR


def test_credentials_that_are_missing_are_looked_for_every_few_seconds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch = Watch()
    door = gate(watch)
    looked = 0

    def find_none() -> None:
        nonlocal looked
        with door.looking_for_credentials():
            looked += 1
            raise DefaultCredentialsError("Your default credentials were not found.")  # type: ignore[no-untyped-call]

    def look() -> None:
        with pytest.raises(Unavailable, match="refuses this service"):
            find_none()

    for _ in range(50):
        look()
    assert looked == 1
    watch.seconds += LOOK_EVERY_SECONDS
    look()
    assert looked == 2
    assert lines(caplog) == [
        f"Firestore refuses a service without credentials on {DATABASE}: "
        "no credentials: Your default credentials were not found."
    ]


def test_a_refused_call_is_not_retried(connect: Connect) -> None:
    failing = FailingCalls(grpc.StatusCode.PERMISSION_DENIED, times=1)
    rpc = connect(failing)
    with pytest.raises(Unavailable) as caught:
        rpc.batch_get([f"{rpc.documents}/tenants/acme"])
    assert caught.value.code == "store_not_reachable"
    assert failing.attempts == 1


def test_the_identity_is_the_address_of_the_service_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(GoogleDouble(tmp_path).credentials))
    assert own_identity() == ACCOUNT
