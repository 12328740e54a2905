"""`python -m gwi_usage outbox` shows what waits and what was refused, sends it again, and exports it."""

import json
from pathlib import Path

import pytest

from gwi_usage.__main__ import main
from gwi_usage.outbox.batches import Waiting
from gwi_usage.outbox.files import spare_of
from gwi_usage.outbox.store import Store
from gwi_usage.settings import default_outbox
from tests.conftest import NewMeter, track
from tests.service import Service, page


@pytest.fixture
def filled(new_meter: NewMeter, service: Service, path: Path) -> Path:
    """An outbox with two sealed events, one that waits, and one that was refused."""
    meter = new_meter()
    service.refuse = lambda event: "unknown_tenant" if event["model"] == "odd" else None
    track(meter, tenant_id="acme", model="odd")
    meter.flush()
    service.instead = lambda received: page(502)
    track(meter, 2)
    meter.flush(timeout=0)
    meter._core.run(meter._core._delivery.round(float("inf")))
    track(meter, tenant_id="acme")
    service.instead = None
    service.refuse = lambda event: None
    return path


@pytest.fixture(autouse=True)
def _environment(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GWI_KEY", "gwi_test_key")
    monkeypatch.setenv("GWI_URL", service.url)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_show_counts_what_waits_and_says_why_events_were_refused(
    filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["outbox", "show", "--file", str(filled)]) == 0
    shown = capsys.readouterr().out
    assert "waiting   1, the oldest since 20" in shown
    assert "sealed    2 in 1 batches" in shown
    assert "1 × unknown_tenant: it is unknown_tenant" in shown


def test_export_prints_every_event_with_its_state(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["outbox", "export", "--file", str(filled)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["state"], line.get("tenant_id")) for line in lines] == [
        ("sealed", None),
        ("sealed", None),
        ("waiting", "acme"),
        ("refused", "acme"),
    ]
    assert lines[3]["code"] == "unknown_tenant"
    assert "id" not in lines[3]["event"]


def test_the_spare_files_belong_to_the_outbox(
    filled: Path, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    spare = Store(spare_of(filled))
    event = json.dumps({"model": "kept", "ts": "2026-11-20T12:00:00Z"})
    spare.add(Waiting(tenant_id="acme", day="2026-11-20", tracked_at=0.0, event=event))
    spare.close()
    assert main(["outbox", "show", "--file", str(filled)]) == 0
    shown = capsys.readouterr().out
    assert f"{spare_of(filled)}\n  waiting   1" in shown
    assert main(["outbox", "export", "--file", str(filled)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4 + 1
    assert main(["outbox", "retry", "--file", str(filled)]) == 0
    assert "kept" in {event["model"] for event in service.events.values()}


def test_a_file_that_cannot_be_read_hides_no_other(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spare_of(filled).write_text("not a database")
    assert main(["outbox", "show", "--file", str(filled)]) == 1
    shown = capsys.readouterr()
    assert "waiting   1" in shown.out
    assert f"The outbox {spare_of(filled)} cannot be used: " in shown.err


def test_retry_sends_refused_events_again_under_new_ids(
    filled: Path, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    before = set(service.events)
    assert main(["outbox", "retry", "--file", str(filled)]) == 0
    assert (len(service.events) - len(before), service.repeated) == (2 + 1 + 1, 0)
    assert "refused   0" in capsys.readouterr().out


def test_retry_fails_while_the_service_refuses(filled: Path, service: Service) -> None:
    service.refuse = lambda event: "unknown_tenant"
    assert main(["outbox", "retry", "--file", str(filled)]) == 1


def test_without_a_file_the_outbox_is_that_of_the_key(
    new_meter: NewMeter, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    track(new_meter(outbox=default_outbox("gwi_test_key", service.url)))
    assert main(["outbox", "show"]) == 0
    assert "waiting   1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("variable", "sentence"), [(True, "There is no outbox at"), (False, "Name the outbox with --file")]
)
def test_a_missing_outbox_is_reported(
    variable: bool, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not variable:
        monkeypatch.delenv("GWI_KEY")
    assert main(["outbox", "show"]) == 1
    assert sentence in capsys.readouterr().err


def test_a_file_that_is_no_outbox_is_reported(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_bytes(b"no database " * 1000)
    assert main(["outbox", "show", "--file", str(path)]) == 1
    assert "cannot be used: file is not a database" in capsys.readouterr().err
