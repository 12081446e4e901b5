"""The bytes of a file, read once beside DuckDB: its digests, and whether DuckDB reads its lines as Python does."""

import hashlib
from codecs import BOM_UTF8, IncrementalDecoder, getincrementaldecoder
from dataclasses import dataclass
from pathlib import Path

from minshu.meter import count

CHUNK = 1 << 20
HEAD = 1 << 16


@dataclass(frozen=True)
class Scan:
    """What a file's bytes tell. `records` are its rows, the header's included, by the line ends outside quotes.

    A file is `regular` where it is UTF-8, its line ends are all alike, and it has neither NUL bytes nor, in its parts
    with quotes, blank lines or blanks next to quotes: there the two readers were found to differ. Where there are no
    quotes, a blank line is a record that DuckDB does not count. It is `quoted` where it has any.
    """

    regular: bool
    quoted: bool
    records: int
    size: int
    md5: str
    sha256: str


def line_end_of(file: Path) -> str:
    """The line end that a file begins with, as DuckDB names it."""
    with file.open("rb") as stream:
        return "\\r\\n" if b"\r\n" in stream.read(HEAD) else "\\n"


def scan(file: Path, quote: str, line_end: str) -> Scan:
    """Read a file through, in chunks. Raises OSError."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    end = b"\r\n" if line_end == "\\r\\n" else b"\n"
    mark = quote.encode()
    refused = (end + end, b" " + mark, mark + b" ", b"\t" + mark, mark + b"\t")
    decoder = getincrementaldecoder("utf-8")()
    size, records, regular, quotes, tail = 0, 0, True, 0, end
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            before = records
            if chunk.endswith(b"\r"):
                chunk += stream.read(1)
            md5.update(chunk)
            sha256.update(chunk)
            size += len(chunk)
            if quotes % 2 or mark in tail or mark in chunk:
                window = tail + (chunk.removeprefix(BOM_UTF8) if size == len(chunk) else chunk)
                regular = regular and not any(part in window for part in refused)
                parts = chunk.split(mark)
                records += sum(part.count(b"\n") for part in parts[quotes % 2 :: 2])
                quotes += len(parts) - 1
            else:
                records += chunk.count(b"\n")
            regular = regular and b"\0" not in chunk and _ends_alike(chunk, end) and _decodes(decoder, chunk)
            tail = chunk[-8:]
            count(size=len(chunk), rows=records - before)
    unended = 0 if tail.endswith(b"\n") else 1
    regular = regular and not decoder.getstate()[0]
    return Scan(regular, quotes > 0, records + unended, size, md5.hexdigest(), sha256.hexdigest())


def _ends_alike(chunk: bytes, end: bytes) -> bool:
    if end == b"\n":
        return b"\r" not in chunk
    pairs = chunk.count(end)
    return chunk.count(b"\r") == pairs == chunk.count(b"\n")


def _decodes(decoder: IncrementalDecoder, chunk: bytes) -> bool:
    if chunk.isascii() and not decoder.getstate()[0]:
        return True
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True
