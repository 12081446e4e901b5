"""Lines of text, strictly decoded: the first byte that is none is told by its place, and no line is endless."""

from codecs import getincrementaldecoder
from collections.abc import Iterator
from typing import IO, Any

from frictionless import FrictionlessException
from frictionless import errors as kinds

# The most characters of one line, and of one record. What is longer is no table, or a quote that is never closed.
LONGEST = 32 << 20
CHUNK = 1 << 20


def lines_of(loader: Any, encoding: str | None) -> Iterator[str]:
    """The lines of an opened loader, each with its end. Raises FrictionlessException."""
    stream = loader.text_stream
    try:
        while line := stream.readline(LONGEST + 1):
            if len(line) > LONGEST:
                note = f"a line is longer than {LONGEST:,} characters"
                raise FrictionlessException(kinds.SourceError(note=note))
            yield line
    except UnicodeDecodeError as error:
        loader.byte_stream.seek(0)
        note = bad_byte(loader.byte_stream, encoding or "utf-8") or str(error)
        raise FrictionlessException(kinds.EncodingError(note=note)) from error


def bad_byte(stream: IO[bytes], encoding: str) -> str | None:
    """What Python says of the first byte that is not of the encoding, its position counted from the file's start."""
    decoder = getincrementaldecoder(encoding)()
    start = 0
    while True:
        chunk = stream.read(CHUNK)
        pending = decoder.getstate()[0]
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            byte, place = error.object[error.start], start - len(pending) + error.start
            return f"'{error.encoding}' codec can't decode byte {byte:#04x} in position {place}: {error.reason}"
        if not chunk:
            return None
        start += len(chunk)
