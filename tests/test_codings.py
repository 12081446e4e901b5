"""Copies of files in content codings."""

import gzip
import io
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.codings import CODINGS, LEAST, is_compressible
from minshu.making import Sequential

DECODED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "zstd": lambda data: pa.CompressedInputStream(pa.BufferReader(data), "zstd").read(),
}


class Named(io.BytesIO):
    """A file in memory."""

    name = "memory"


def encoded(coding: str, data: bytes) -> bytes:
    sink = Named()
    CODINGS[coding].encode(io.BytesIO(data), Sequential(sink))  # type: ignore[arg-type]
    return sink.getvalue()


@pytest.mark.parametrize("coding", CODINGS)
@given(data=st.binary(), times=st.sampled_from([1, 1000, 100_000]))
def test_a_copy_is_undone_to_the_file_and_always_the_same(coding: str, data: bytes, times: int) -> None:
    data = (data * times)[: 3 << 20]
    copy = encoded(coding, data)
    assert DECODED[coding](copy) == data
    assert encoded(coding, data) == copy


@pytest.mark.parametrize("coding", CODINGS)
def test_a_copy_of_text_is_less_than_half_as_large(coding: str) -> None:
    data = "".join(f"{number},福建省{number % 9}市,{number * 7 % 1000}.50\n" for number in range(20_000)).encode()
    assert len(encoded(coding, data)) < len(data) / 2


@pytest.mark.parametrize(
    ("media_type", "worthwhile"),
    [
        ("text/csv; charset=utf-8", True),
        ("text/markdown", True),
        ("application/json", True),
        ("application/x-ndjson", True),
        ("application/geo+json", True),
        ("image/svg+xml", True),
        ("TEXT/CSV", True),
        ("application/vnd.apache.parquet", False),
        ("application/gzip", False),
        ("application/zip", False),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", False),
        ("image/png", False),
        ("application/octet-stream", False),
    ],
)
def test_copies_are_made_of_text_and_never_of_what_is_compressed(media_type: str, worthwhile: bool) -> None:
    assert is_compressible(media_type, LEAST) is worthwhile
    assert not is_compressible(media_type, LEAST - 1)
