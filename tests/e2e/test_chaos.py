"""A short campaign of faults; `make chaos` runs a long one."""

from pathlib import Path

import pytest

from tests.chaos.campaign import run


@pytest.mark.timeout(300)
def test_what_is_acknowledged_under_faults_is_stored_once_and_counted(tmp_path: Path) -> None:
    report = run(events=500, least_faults=3, logs=tmp_path)
    assert report.stored == report.events >= 500
    assert (report.lost, report.unacknowledged, report.doubled, report.drift) == (0, 0, 0, 0)
    assert sum(report.faults.values()) >= 3
