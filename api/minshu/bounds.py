"""Files that would take memory or time without bound, refused before any reader is given them.

Readers of spreadsheets hold what a small file unpacks to, and every reader's work grows with the square of the columns.
"""

import bz2
import gzip
import lzma
import re
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import IO, Any, Final
from zipfile import BadZipFile, ZipFile

from minshu.archives import allowance
from minshu.descriptors import Descriptor, Package, paths_of, safe_file
from minshu.errors import UnsafePath
from minshu.fields import MOST_COLUMNS
from minshu.settings import MEBIBYTE, Settings

# The most bytes that a spreadsheet may hold in one cell, as of a line of text.
CELL: Final = 32 * MEBIBYTE
# Python's own limit for whole numbers in text; and how deep values may lie in each other, far below where readers end.
DIGITS: Final = 4300
DEPTH: Final = 200
BODY: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
# A text; or the quote of one that is not closed.
STRING: Final = re.compile(rb'"%b"|(")%b\\?\Z' % (BODY.pattern, BODY.pattern), re.DOTALL)
STEPS: Final = {**dict.fromkeys(b"[{", 1), **dict.fromkeys(b"]}", -1)}
NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
NUMBER: Final = re.compile(rb"[0-9]{%d}" % (DIGITS + 1))
ENDING: Final = re.compile(rb"[0-9]*\Z")
# What xz may ask for its dictionary.
DICTIONARY: Final = 256 * MEBIBYTE
HEAD: Final = 8 * MEBIBYTE
CHUNK: Final = MEBIBYTE
DELIMITERS: Final = (",", "\t", ";", "|")
SPREADSHEETS: Final = (".xlsx", ".xlsm", ".ods")
DELIMITED: Final = (".csv", ".tsv", ".txt")
PACKED: Final[Mapping[str, Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


class Beyond(Exception):
    """A file is beyond a bound; the message says which."""


def beyond(package: Package, settings: Settings) -> Iterator[str]:
    """A sentence for each resource that is not to be read."""
    for resource in package.resources:
        name = resource.get("name")
        if (width := _declared_width(resource)) > MOST_COLUMNS:
            yield f"{name!r} declares {width:,} fields, and {MOST_COLUMNS:,} are the most."
        for path in paths_of(resource):
            try:
                _look(safe_file(package.folder, path), resource, settings)
            except Beyond as error:
                yield f"{path}: {error}."
            except (OSError, EOFError, UnsafePath, BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError):
                # What is not there or broken is told by whoever reads it.
                continue


def _look(file: Path, resource: Descriptor, settings: Settings) -> None:
    suffixes = [suffix.lower() for suffix in file.suffixes]
    declared = resource.get("compression")
    packing = f".{declared}" if isinstance(declared, str) and declared else "".join(suffixes[-1:])
    inner = suffixes[-2:-1] if packing in PACKED else suffixes[-1:]
    kind = f".{resource['format']}".lower() if isinstance(resource.get("format"), str) else "".join(inner)
    room = allowance(file.stat().st_size, settings)
    if packing == ".zip" or kind in SPREADSHEETS:
        with ZipFile(file) as zipped:
            _look_into_zip(zipped, room)
        return
    if packing == ".xz":
        _ask_for_dictionary(file)
    with PACKED.get(packing, open)(file, "rb") as stream:
        if kind in DELIMITED:
            _count_columns(stream.read(HEAD), resource)
            stream.seek(0)
        chunks = _chunks(stream, room if packing in PACKED else None)
        if kind == ".json":
            hold_tokens(chunks)
        elif packing in PACKED:
            deque(chunks, 0)


def _chunks(stream: IO[bytes], room: int | None) -> Iterator[bytes]:
    read = 0
    while chunk := stream.read(CHUNK):
        read += len(chunk)
        if room is not None:
            _hold(read, room)
        yield chunk


def _ask_for_dictionary(file: Path) -> None:
    try:
        with file.open("rb") as stream:
            lzma.LZMADecompressor(memlimit=DICTIONARY).decompress(stream.read(CHUNK), max_length=1)
    except lzma.LZMAError as error:
        if "limit" in str(error).lower():
            raise Beyond(f"unpacking it takes more than {DICTIONARY // MEBIBYTE} MiB of memory") from error
        raise


def _look_into_zip(zipped: ZipFile, room: int) -> None:
    # The sizes that a zip declares are the most that its reader gives out.
    _hold(sum(entry.file_size for entry in zipped.infolist()), room)
    for entry in zipped.infolist():
        if entry.filename.endswith(".xml") and entry.file_size > CELL:
            with zipped.open(entry) as part:
                _hold_cells(part)


def _hold_cells(part: IO[bytes]) -> None:
    since = 0
    while chunk := part.read(CHUNK):
        first, last = chunk.find(b"<"), chunk.rfind(b"<")
        if since + (len(chunk) if first < 0 else first) > CELL:
            raise Beyond(f"one of its cells holds more than {CELL // MEBIBYTE} MiB")
        since = since + len(chunk) if last < 0 else len(chunk) - last


def hold_tokens(chunks: Iterable[bytes]) -> None:
    """Raise where JSON has a text, a number or a nesting that its streaming reader would not survive."""
    digits, depth = b"", 0
    for plain in without_texts(chunks):
        if NUMBER.search(digits + plain):
            raise Beyond(f"one of its numbers has more than {DIGITS:,} digits")
        digits = ENDING.search((digits + plain)[-DIGITS:])[0]  # type: ignore[index]  # it matches the empty text
        steps = [depth, *(STEPS[mark] for mark in plain.translate(None, NO_BRACKETS))]
        if max(accumulate(steps)) > DEPTH:
            raise Beyond(f"it is nested more than {DEPTH} deep")
        depth = sum(steps)


def without_texts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What stands outside of texts. A text may go on over many chunks, each of which is read once."""
    length, escape = 0, b""
    for chunk in chunks:
        rest = text = escape + chunk
        if length:
            end = BODY.match(rest).end()  # type: ignore[union-attr]  # it matches the empty text
            length, rest = (0, rest[end + 1 :]) if rest[end : end + 1] == b'"' else (length + len(rest), b"")
        plain = STRING.sub(rb"\1", rest)
        if plain.endswith(b'"'):
            length, plain = len(rest), plain[:-1]
        if length > CELL:
            raise Beyond(f"one of its texts holds more than {CELL // MEBIBYTE} MiB")
        # Whether the last character is itself escaped.
        escape = b"\\" if length and (len(text) - len(text.rstrip(b"\\"))) % 2 else b""
        yield plain


def _hold(size: int, room: int) -> None:
    if size > room:
        raise Beyond("it unpacks to more than is allowed (`archive_bytes`, `archive_ratio`)")


def _count_columns(head: bytes, resource: Descriptor) -> None:
    line = head.lstrip(b"\r\n").split(b"\n", 1)[0]
    dialect = resource.get("dialect")
    declared: Any = dialect.get("delimiter") if isinstance(dialect, dict) else None
    marks = (declared,) if isinstance(declared, str) and declared else DELIMITERS
    if (width := 1 + max(line.count(mark.encode("utf-8", "replace")) for mark in marks)) > MOST_COLUMNS:
        raise Beyond(f"its first line has {width:,} columns, and {MOST_COLUMNS:,} are the most")


def _declared_width(resource: Descriptor) -> int:
    schema = resource.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    return len(fields) if isinstance(fields, list) else 0
