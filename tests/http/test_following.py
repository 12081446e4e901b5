"""Exports that are sent while they are being made."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event
from typing import Any

import httpx
import pytest

from minshu.formats import FORMATS

Slow = Callable[[bool], Event]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    """Let exports as CSV stop half-way until the event is set, and then fail if they are to."""
    go_on = Event()

    def begin(fails: bool) -> Event:
        def write(reader: Any, columns: Any, out: Any) -> None:
            out.write(b"half,")
            out.flush()
            assert go_on.wait(20)
            if fails:
                raise OSError(28, "No space left on device")
            out.write(b"whole\n" * 100_000)

        monkeypatch.setattr("minshu.tables.FORMATS", {**FORMATS, "csv": replace(FORMATS["csv"], write=write)})
        monkeypatch.setattr("minshu.http.downloads.HEAD_START", 0.05)
        return go_on

    yield begin
    go_on.set()


def test_an_export_that_takes_long_is_sent_while_it_is_made(client: httpx.Client, base: str, slow: Slow) -> None:
    go_on = slow(False)
    url = f"{base}/points.csv?id__lt=101"
    with client.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"half,"
        go_on.set()
        assert b"".join(parts) == b"whole\n" * 100_000
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "points.csv" in answer.headers["content-disposition"]
    assert not {"content-length", "content-encoding", "etag", "repr-digest"} & answer.headers.keys()
    again = client.get(url, headers={"Accept-Encoding": "identity"})
    assert (again.headers["content-length"], again.headers["vary"]) == ("600005", answer.headers["vary"])
    assert {"etag", "repr-digest"} <= again.headers.keys()


def test_an_export_that_fails_half_way_breaks_the_connection(client: httpx.Client, base: str, slow: Slow) -> None:
    go_on = slow(True)
    with client.stream("GET", f"{base}/points.csv?id__lt=102") as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"half,"
        go_on.set()
        with pytest.raises(httpx.RemoteProtocolError):
            list(parts)


def test_who_wants_a_part_waits_for_the_whole(client: httpx.Client, base: str, slow: Slow) -> None:
    slow(False).set()
    answer = client.get(f"{base}/points.csv?id__lt=103", headers={"Range": "bytes=5-9"})
    assert (answer.status_code, answer.content) == (206, b"whole")


def test_who_goes_away_does_not_stop_what_others_follow(client: httpx.Client, base: str, slow: Slow) -> None:
    go_on = slow(False)
    url = f"{base}/points.csv?id__lt=104"
    with client.stream("GET", url) as first, client.stream("GET", url) as second:
        parts = second.iter_raw()
        assert next(first.iter_raw()) == next(parts) == b"half,"
        first.close()
        go_on.set()
        assert len(b"".join(parts)) == 600_000
