"""FirestoreRpc reads no more than it is asked to: the rest is neither decoded nor kept."""

import pytest

from shared.adapters.firestore import FirestoreRpc, queries
from shared.adapters.firestore.encoding import Write, set_fields
from shared.domain.errors import TooLarge
from tests.adapters.conftest import Connect

TEXT_BYTES = 100_000


@pytest.fixture
def rpc(connect: Connect) -> FirestoreRpc:
    """A database with ten documents of 100 kB."""
    rpc = connect()
    writes = []
    for number in range(10):
        write = Write()
        write.update.name = f"{rpc.documents}/notes/{number}"
        set_fields(write.update.fields, {"text": "x" * TEXT_BYTES})
        writes.append(write)
    rpc.commit(writes)
    return rpc


def names(rpc: FirestoreRpc) -> list[str]:
    return [f"{rpc.documents}/notes/{number}" for number in range(10)]


@pytest.mark.parametrize(("most", "count"), [(None, 10), (11 * TEXT_BYTES, 10), (3 * TEXT_BYTES, 3), (1, 1)])
def test_a_query_stops_after_the_document_that_exceeds_the_limit(
    rpc: FirestoreRpc, most: int | None, count: int
) -> None:
    found = rpc.query(rpc.documents, queries.all_of("notes"), most)
    assert [document.name for document in found] == names(rpc)[:count]


def test_a_read_by_name_beyond_the_limit_is_refused(rpc: FirestoreRpc) -> None:
    assert len(rpc.batch_get(names(rpc), most_bytes=11 * TEXT_BYTES)) == 10
    with pytest.raises(TooLarge) as refusal:
        rpc.batch_get(names(rpc), most_bytes=5 * TEXT_BYTES)
    assert refusal.value.code == "range_too_large"
    assert len(rpc.batch_get(names(rpc), ["no_such_field"], 5 * TEXT_BYTES)) == 10, "only what is sent counts"
