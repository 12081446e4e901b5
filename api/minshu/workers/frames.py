"""How a worker and its parent talk: a JSON header and raw bytes, each with its length before it.

Nothing is unpickled: what a worker sends may have been written by whoever took it over, so it is read as data of
bounded size.
"""

import os
import struct
from collections.abc import Callable
from typing import Any

import orjson

PREFIX = struct.Struct(">II")
"""The lengths of the header and of the body."""

MAX_HEADER = 4 << 20
"""The most bytes of a header: the columns of an answer stand in it."""


class FrameBroken(Exception):
    """The other side sent something that is not a frame, or ended in the middle of one."""


def packed(header: dict[str, Any], body: bytes = b"") -> bytes:
    """A whole frame."""
    text = orjson.dumps(header)
    return PREFIX.pack(len(text), len(body)) + text + body


def unpacked(read: Callable[[int], bytes], max_body: int) -> tuple[dict[str, Any], bytes]:
    """The next frame, by a function that reads exactly so many bytes."""
    header_length, body_length = PREFIX.unpack(read(PREFIX.size))
    if header_length > MAX_HEADER or body_length > max_body:
        raise FrameBroken(f"a frame of {header_length} + {body_length} bytes")
    try:
        header = orjson.loads(read(header_length))
    except orjson.JSONDecodeError as error:
        raise FrameBroken("a header that is not JSON") from error
    if not isinstance(header, dict):
        raise FrameBroken("a header that is not an object")
    return header, read(body_length)


def talk(serve: Callable[[Callable[[int], bytes], Callable[[bytes], None]], None]) -> None:
    """Let a worker serve its parent by two descriptors that nothing else in its process writes to.

    `serve` is given a function that reads exactly so many bytes, and one that writes.
    """
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    # Libraries print to standard output, if they are told to.
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    with os.fdopen(source, "rb") as stdin, os.fdopen(sink, "wb", buffering=0) as stdout:

        def read(length: int) -> bytes:
            data = stdin.read(length)
            if len(data) < length:  # the parent is gone
                os._exit(0)
            return data

        def write(frame: bytes) -> None:
            view = memoryview(frame)
            while view:
                view = view[stdout.write(view) :]

        serve(read, write)
