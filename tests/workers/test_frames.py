"""Frames between a worker and its parent, also those that a hostile worker would send."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.workers.frames import MAX_HEADER, PREFIX, FrameBroken, packed, unpacked


def read(data: bytes, max_body: int = 1000) -> tuple[dict[str, object], bytes]:
    return unpacked(io.BytesIO(data).read, max_body)


@given(st.dictionaries(st.text(), st.text() | st.integers(-(2**53), 2**53) | st.none()), st.binary(max_size=1000))
def test_a_frame_comes_out_as_it_went_in(header: dict[str, object], body: bytes) -> None:
    assert read(packed(header, body)) == (header, body)


@pytest.mark.parametrize(
    "frame",
    [
        PREFIX.pack(MAX_HEADER + 1, 0),
        PREFIX.pack(2, 1001) + b"{}",
        PREFIX.pack(4, 0) + b"nope",
        PREFIX.pack(2, 0) + b"[]",
        PREFIX.pack(5000, 0) + b"[" * 5000,
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_what_is_no_frame_is_never_believed(frame: bytes) -> None:
    with pytest.raises(FrameBroken):
        read(frame)
