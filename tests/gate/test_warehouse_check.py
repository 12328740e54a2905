"""The rows that the check of the warehouse lets pass, and those that it does not."""

import pytest

from shared.domain.metering.usage_rows import RecordedUsage
from tests.sample_events import NOON, llm_call
from tools.gate.warehouse import misfits_of

ROW = RecordedUsage(tenant_id="acme", recorded_at=NOON, event=llm_call("e1")).row


def test_a_row_as_it_is_sent_fits_the_table() -> None:
    assert misfits_of(ROW) == []


@pytest.mark.parametrize(
    ("row", "misfit"),
    [
        ({name: value for name, value in ROW.items() if name != "identity"}, "identity: missing"),
        ({**ROW, "metadata": "{}"}, "metadata: no such column"),
        ({**ROW, "tenant_id": None}, "tenant_id: None"),
        ({**ROW, "total_tokens": "25"}, "total_tokens: '25'"),
    ],
)
def test_a_row_that_the_table_does_not_take_is_reported(row: dict[str, object], misfit: str) -> None:
    assert misfits_of(row) == [misfit]
