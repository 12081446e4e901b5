"""Whatever a host answers, it is asked within bounds, and what it answers is nobody else's fault."""

import gzip
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.harvest.conftest import Portal

from minshu.errors import FileUntaken
from minshu.harvest import Fetcher
from minshu.harvest.model import RemoteFile, Seen

MEBIBYTE = 1 << 20


@pytest.fixture
def fetcher(portal: Portal) -> Iterator[Fetcher]:
    with Fetcher(portal.url, pause=0.0) as fetcher:
        yield fetcher


def fetched(fetcher: Fetcher, url: str, tmp_path: Path, known: Seen | None = None) -> bytes | None:
    target = tmp_path / "file"
    target.unlink(missing_ok=True)
    return target.read_bytes() if fetcher.file(RemoteFile("1", url), target, MEBIBYTE, known) else None


def test_a_redirect_is_followed_and_what_it_says_besides_is_never_read(
    fetcher: Fetcher, portal: Portal, tmp_path: Path
) -> None:
    portal.put("/file.csv", "a\n1\n")
    # It promises a gibibyte, and sends none of it: who reads that waits for it in vain.
    headers = {"Location": "/file.csv", "Content-Length": str(1 << 30)}
    portal.put("/moved.csv", "a", status=302, headers=headers, validators=False)
    assert fetched(fetcher, f"{portal.url}/moved.csv", tmp_path) == b"a\n1\n"
    assert portal.asked == ["/moved.csv", "/file.csv"]


def test_redirects_in_a_circle_come_to_an_end(fetcher: Fetcher, portal: Portal, tmp_path: Path) -> None:
    url = portal.put("/round", "", status=302, headers={"Location": "/round"}, validators=False)
    with pytest.raises(FileUntaken, match="leads to more than 5 others"):
        fetched(fetcher, url, tmp_path)


def test_a_host_that_redirects_to_a_dead_one_is_not_dead_itself(
    fetcher: Fetcher, portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
        if host == "127.0.0.1":
            return [(0, 0, 0, "", (host, 0))]
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("minshu.outbound.getaddrinfo", resolve)
    url = portal.put("/moved", "", status=302, headers={"Location": "http://gone.example.org/"}, validators=False)
    for _ in range(3):
        with pytest.raises(FileUntaken):
            fetched(fetcher, url, tmp_path)
    assert fetched(fetcher, portal.put("/file.csv", "a\n1\n"), tmp_path) == b"a\n1\n"


def test_what_is_packed_once_is_unpacked_and_what_is_packed_several_times_is_refused(
    fetcher: Fetcher, portal: Portal, tmp_path: Path
) -> None:
    once = gzip.compress(b"a\n1\n")
    url = portal.put("/once", once, headers={"Content-Encoding": "gzip"})
    assert fetched(fetcher, url, tmp_path) == b"a\n1\n"
    url = portal.put("/twice", gzip.compress(once), headers={"Content-Encoding": "gzip, gzip"})
    with pytest.raises(FileUntaken, match="packed several times"):
        fetched(fetcher, url, tmp_path)


def test_a_validator_that_no_request_can_hold_is_not_sent(fetcher: Fetcher, portal: Portal, tmp_path: Path) -> None:
    url = portal.put("/file.csv", "a\n1\n")
    assert fetched(fetcher, url, tmp_path, Seen(etag='"é"')) == b"a\n1\n"


@pytest.mark.parametrize("is_moved", [True, False])
def test_an_address_with_a_password_is_neither_asked_for_nor_told(
    is_moved: bool, fetcher: Fetcher, portal: Portal, tmp_path: Path
) -> None:
    url = portal.put("/file.csv", "a\n1\n").replace("//", "//me:secret@")
    if is_moved:
        url = portal.put("/moved", "", status=302, headers={"Location": url}, validators=False)
    with pytest.raises(FileUntaken, match="needs a login") as failure:
        fetched(fetcher, url, tmp_path)
    assert "secret" not in str(failure.value)
    assert "/file.csv" not in portal.asked


def test_an_address_that_cannot_be_written_is_told(fetcher: Fetcher, portal: Portal, tmp_path: Path) -> None:
    with pytest.raises(FileUntaken, match="does not answer"):
        fetched(fetcher, f"{portal.url}/\ud800", tmp_path)
