"""Content codings: smaller copies of a file, for clients that undo them by themselves (RFC 9110, section 8.4).

A copy is made once, when it is first asked for. Stores hold none: two for each text would make releases, and every
copy of a release, half as large again, for the sake of clients that mostly ask for Parquet or without any coding.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO, Final

import pyarrow as pa

from minshu.settings import MEBIBYTE

LEAST: Final = 1024
"""Bytes below which a copy would save nobody anything."""

# Of gzip's levels the one whose copies are hardly larger than the best, and are made five times as fast.
_GZIP_LEVEL: Final = 3
_TEXTS: Final = ("text/", "application/json", "application/x-ndjson", "application/yaml", "application/xml")


@dataclass(frozen=True)
class Coding:
    """A coding by the name that HTTP knows it by, and how a copy is made."""

    name: str
    suffix: str
    media_type: str
    encode: Callable[[BinaryIO, BinaryIO], None]


def is_compressible(media_type: str, size: int) -> bool:
    """Whether a copy is worth its while: of text, which is not compressed in itself, and of more than a few bytes."""
    kind = media_type.partition(";")[0].strip().lower()
    return size >= LEAST and (kind.startswith(_TEXTS) or kind.endswith(("+json", "+xml")))


def _gzip(source: BinaryIO, sink: BinaryIO) -> None:
    # Without the time and the name that a gzip file may hold: the same file gives the same bytes.
    packer = zlib.compressobj(_GZIP_LEVEL, wbits=zlib.MAX_WBITS | 16)
    while chunk := source.read(MEBIBYTE):
        sink.write(packer.compress(chunk))
    sink.write(packer.flush())


def _zstd(source: BinaryIO, sink: BinaryIO) -> None:
    # Arrow's, for Python has none before 3.14.
    with pa.CompressedOutputStream(sink, "zstd") as packer:
        while chunk := source.read(MEBIBYTE):
            packer.write(chunk)


CODINGS: Final[Mapping[str, Coding]] = MappingProxyType(
    {
        coding.name: coding
        for coding in (
            Coding("zstd", ".zst", "application/zstd", _zstd),
            Coding("gzip", ".gz", "application/gzip", _gzip),
        )
    }
)
"""Every coding by its name, the best first."""
