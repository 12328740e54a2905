"""Functions without rights or credentials for Firestore: 503 at once, and one line in the log for all requests."""

from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest

from shared.adapters.firestore import FirestoreRpc
from shared.adapters.firestore.rpc import open_channel
from tests.adapters.google_double import GoogleDouble
from tests.http.serving import Clock, Functions, bearer, refused

ACCOUNT = "usage-api@demo-gwi.iam.gserviceaccount.com"
KEY = "gwi_test_" + "0" * 40


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if "Firestore refuses" in each.getMessage()]


def test_a_service_without_rights_answers_at_once_and_says_it_once(
    firestore_emulator_host: str,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    account: str,
) -> None:
    project_id = f"demo-{uuid4().hex[:12]}"
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", project_id)
    monkeypatch.setenv("GWI_METERING_ENABLED", "1")
    functions = Functions(clock)
    for name in ("record_usage", "usage_api"):
        # Without the token of the emulator's owner, the rules hold, and they allow a stranger nothing.
        functions.container(name)._rpc = FirestoreRpc(
            project_id, lambda: open_channel(firestore_emulator_host), is_emulator=False
        )
    started = monotonic()
    for _ in range(20):
        refused(functions.get(KEY, "/tenants/acme/usage"), 503, "store_not_reachable")
        check = functions.record_usage.post("/v1/check", json={}, headers=bearer(KEY))
        refused(check, 503, "store_not_reachable")
    assert monotonic() - started < 5
    (line,) = lines(caplog)
    assert line.startswith(
        f"Firestore refuses {account} on projects/{project_id}/databases/(default): PERMISSION_DENIED"
    )


def test_a_service_without_credentials_answers_at_once_and_says_it_once(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    project_id = f"demo-{uuid4().hex[:12]}"
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", project_id)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    functions = Functions(clock)
    for _ in range(20):
        refused(functions.get(KEY, "/tenants/acme/usage"), 503, "store_not_reachable")
    (line,) = lines(caplog)
    database = f"projects/{project_id}/databases/(default)"
    assert line.startswith(f"Firestore refuses a service without credentials on {database}: no credentials: ")


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of the service account that this process acts as."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(GoogleDouble(tmp_path).credentials))
    return ACCOUNT
