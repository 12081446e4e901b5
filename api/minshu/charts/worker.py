"""The process that draws: Vega in V8, which reads nothing but the specification, and may be killed at any instant.

V8 reserves 34 GB of address space, so it is the memory that is written to which is bounded here.
"""

from collections.abc import Callable
from typing import Any

import vl_convert

from minshu import confinement
from minshu.workers.frames import packed, talk, unpacked

_FIRST = {
    "data": {"values": [{"x": "闽 M", "y": 1}]},
    "mark": "bar",
    "encoding": {"y": {"field": "x", "type": "nominal"}, "x": {"field": "y", "type": "quantitative"}},
}


def drawn(request: dict[str, Any]) -> bytes:
    """The picture that a request asks for. No address may be loaded, whatever the specification says."""
    if request["format"] == "png":
        return vl_convert.vegalite_to_png(request["spec"], scale=request["scale"], allowed_base_urls=[])
    return vl_convert.vegalite_to_svg(request["spec"], allowed_base_urls=[]).encode()


def serve(read: Callable[[int], bytes], write: Callable[[bytes], None]) -> None:
    """Draw until there is nothing to read."""
    configuration, _ = unpacked(read, 0)
    # The first picture starts V8 and looks for the letters of this machine.
    drawn({"format": "svg", "spec": _FIRST})
    confinement.confine(configuration["parent"])
    confinement.bound_data(configuration["memory"])
    write(packed({"ready": True}))
    while True:
        request, _ = unpacked(read, 0)
        confinement.watch(configuration["deadline"], configuration["threads"])
        frame = _answer(request)
        confinement.unwatch()
        write(frame)


def _answer(request: dict[str, Any]) -> bytes:
    try:
        return packed({"ok": True}, drawn(request))
    except ValueError as error:
        return packed({"ok": False, "message": str(error)[:1000]})


def main() -> None:
    """Serve the parent."""
    talk(serve)
