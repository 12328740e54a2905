"""The packed form of a batch: every column comes back, a changed byte and a newer version are reported."""

import zlib
from struct import pack as to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.metering.batch_format import VERSION, DamagedBatch, NewerBatch, Table, pack, unpack

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.integers(-(2**53), 2**53) | texts
nested = st.lists(texts, max_size=3) | st.dictionaries(texts, texts, max_size=3)
hashes = st.binary(min_size=16, max_size=16).map(bytes.hex)
ROWS = st.integers(1, 30)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    rows = draw(ROWS)
    kind = st.sampled_from([scalars, nested | st.none(), hashes, st.sampled_from(["a", "b", None])])
    columns = draw(
        st.dictionaries(
            texts, kind.flatmap(lambda values: st.lists(values, min_size=rows, max_size=rows)), max_size=6
        )
    )
    return Table(rows=rows, columns=columns, about={"first_ts": draw(texts)})


@given(tables())
def test_a_table_comes_back_as_it_was(table: Table) -> None:
    back = unpack(pack(table))
    filled = {name: column for name, column in table.columns.items() if set(map(str, column)) != {"None"}}
    assert (back.rows, back.about, back.columns) == (table.rows, table.about, filled)


@given(tables())
def test_what_is_unpacked_and_packed_again_has_the_same_bytes(table: Table) -> None:
    assert pack(unpack(pack(table))) == pack(table)


@given(tables(), st.data())
def test_any_flipped_byte_is_reported(table: Table, data: st.DataObject) -> None:
    packed = bytearray(pack(table))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DamagedBatch):
        unpack(bytes(packed))


@given(tables(), st.data())
def test_a_missing_end_is_reported(table: Table, data: st.DataObject) -> None:
    packed = pack(table)
    with pytest.raises(DamagedBatch):
        unpack(packed[: data.draw(st.integers(0, len(packed) - 1))])


def test_a_newer_version_is_reported_whatever_it_contains() -> None:
    body = b"a form that nobody knows yet"
    newer = VERSION + 1
    with pytest.raises(NewerBatch, match=f"version {newer}"):
        unpack(to_bytes(">BI", newer, zlib.crc32(body, newer)) + body)


def test_hashes_take_no_more_than_their_bytes() -> None:
    hashes = [f"{zlib.crc32(str(number).encode()):08x}" * 4 for number in range(500)]
    column = {"fingerprint": hashes}
    assert unpack(pack(Table(rows=500, columns=column))).columns == column
    assert len(pack(Table(rows=500, columns=column))) < 500 * 16
