"""The restore drill: what was backed up comes back without drift, and a restore that lacks something is seen."""

from itertools import islice

import pytest

from tools import drill
from tools.dev.demo_history import demo_events
from tools.drill import Emulator, main


@pytest.fixture(autouse=True)
def _few_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the whole month to `make drill`."""
    monkeypatch.setattr(drill, "demo_events", lambda now: islice(demo_events(now), 600))


def test_a_backup_is_restored_without_drift(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    output = capsys.readouterr().out
    assert "0 differ" in output
    assert [line.partition(", ")[2] for line in output.splitlines() if "verify" in line] == 2 * ["0 drift"]


def test_a_restore_that_lacks_a_counter_and_a_wipe_that_leaves_something_are_seen(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    day, restore, export = "", Emulator.restore, Emulator.export

    def restore_without_counters(emulator: Emulator) -> None:
        restore(emulator)
        emulator._ask("DELETE", f"/v1/{drill._DATABASE}/documents/tenants/bolt/counters/{day}.0")

    def export_and_note(emulator: Emulator) -> None:
        nonlocal day
        names = [name for name, _ in drill._documents(emulator.host) if "bolt/counters/" in name]
        day = names[0].rpartition("/")[2].partition(".")[0]
        export(emulator)

    monkeypatch.setattr(Emulator, "restore", restore_without_counters)
    monkeypatch.setattr(Emulator, "export", export_and_note)
    assert main() == 1
    seen = capsys.readouterr().err
    assert "is not as it was" in seen
    assert "bolt: Drift(" in seen
