"""The admin tool exports a tenant, erases a user from it, and deletes it some time after its end."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.recording import prepare
from shared.stores import process_memory
from tests.tools.admin_calls import CREATE, Capture, failed, memory, run

__all__ = ["memory"]
pytestmark = pytest.mark.usefixtures("memory")


@pytest.fixture
def acme(memory: None, capsys: Capture) -> None:
    """A tenant with an event of Ann's."""
    run(capsys, *CREATE)
    sent = {"category": "tool", "provider": "search", "model": "web", "user_id": "ann", "id": "e1"}
    now = datetime.now(UTC)
    event = prepare(MeteringEvent.model_validate({**sent, "metadata": {"who": "Ann"}}), "acme", now)
    process_memory().record("acme", [event], CounterSettings(), now)


def ended(capsys: Capture, days: int) -> None:
    """End the tenant, so many days ago."""
    run(capsys, "tenant", "end", "--id", "acme")
    store = process_memory()
    tenant = store.find_tenant("acme")
    assert tenant is not None
    audit = store.list_audit("acme", limit=1).items[0]
    store.set_ended_at("acme", datetime.now(UTC) - timedelta(days=days), audit)


def export(capsys: Capture, folder: Path) -> list[dict[str, Any]]:
    file = folder / "acme.jsonl"
    answer = run(capsys, "tenant", "export", "--id", "acme", "--output", str(file))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert answer == {"tenant_id": "acme", "file": str(file), "lines": len(lines)}
    assert list(folder.iterdir()) == [file]
    return lines


@pytest.mark.usefixtures("acme")
def test_an_export_is_a_file_of_lines_that_ends_with_their_number(capsys: Capture, tmp_path: Path) -> None:
    lines = export(capsys, tmp_path)
    assert [line["kind"] for line in lines] == ["tenant", "api_key", "audit", "event", "end"]
    assert (lines[3]["user_id"], json.loads(lines[3]["metadata_json"])) == ("ann", {"who": "Ann"})
    assert lines[-1]["lines"] == 4


@pytest.mark.usefixtures("acme")
def test_an_erased_user_is_gone_from_the_export_and_the_audit_log_does_not_name_them(
    capsys: Capture, tmp_path: Path
) -> None:
    answer = run(capsys, "user", "erase", "--tenant", "acme", "--user", "ann", "--reason", "request 7")
    assert answer == {"tenant_id": "acme", "events": 1}
    lines = export(capsys, tmp_path)
    assert "ann" not in {line.get("user_id") for line in lines}
    assert "Ann" not in str([line for line in lines if line["kind"] in ("event", "audit")])
    newest = next(line for line in lines if line["kind"] == "audit")
    assert (newest["action"], newest["after"], newest["reason"]) == ("user.erased", "1 events", "request 7")


@pytest.mark.usefixtures("acme")
def test_a_tenant_is_deleted_with_its_export_at_hand(capsys: Capture, tmp_path: Path) -> None:
    ended(capsys, days=31)
    export(capsys, tmp_path)
    file = str(tmp_path / "acme.jsonl")
    answer = run(capsys, "tenant", "delete", "--id", "acme", "--export", file, "--reason", "contract")
    assert answer["deleted"] >= 3
    assert process_memory().find_tenant("acme") is None
    (entry,) = process_memory().list_audit(None, limit=5).items
    assert (entry.action, entry.before, entry.reason) == ("tenant.deleted", "acme", "contract")
    assert "does not exist" in failed(capsys, "tenant", "delete", "--id", "acme", "--export", file)


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("days", "keep", "message"),
    [
        (None, 99, "has not ended"),
        (29, 99, "wait until"),
        (31, -1, "is no complete export"),
        (31, 0, "is no complete export"),
    ],
)
def test_without_its_end_the_wait_and_the_whole_export_nothing_is_deleted(
    days: int | None, keep: int, message: str, capsys: Capture, tmp_path: Path
) -> None:
    if days is not None:
        ended(capsys, days)
    export(capsys, tmp_path)
    file = tmp_path / "acme.jsonl"
    file.write_text("\n".join(file.read_text().splitlines()[:keep]))
    assert message in failed(capsys, "tenant", "delete", "--id", "acme", "--export", str(file))
    assert process_memory().find_tenant("acme") is not None


@pytest.mark.usefixtures("acme")
def test_an_export_from_before_the_end_or_of_no_file_is_not_enough(capsys: Capture, tmp_path: Path) -> None:
    export(capsys, tmp_path)
    file = tmp_path / "acme.jsonl"
    ended(capsys, days=31)
    lines = file.read_text().splitlines()
    last = json.loads(lines[-1]) | {"exported_at": (datetime.now(UTC) - timedelta(days=40)).isoformat()}
    file.write_text("\n".join([*lines[:-1], json.dumps(last)]))
    arguments = ("tenant", "delete", "--id", "acme", "--export")
    assert "is no complete export" in failed(capsys, *arguments, str(file))
    assert "cannot be read" in failed(capsys, *arguments, str(tmp_path / "none"))
    nowhere = str(tmp_path / "none/file")
    assert "cannot be written" in failed(capsys, "tenant", "export", "--id", "acme", "--output", nowhere)
    assert "does not exist" in failed(capsys, "user", "erase", "--tenant", "bolt", "--user", "ann")
