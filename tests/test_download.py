"""`minshu get`: a release arrives whole and proven, or not at all."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from minshu import acts
from minshu.audit import Actor
from minshu.download import download, listed
from minshu.errors import DigestMismatch, DownloadError, ReleaseConflict, VersionSpent
from minshu.manifest import Manifest
from minshu.store import Store, StoredRelease
from minshu.verify import verify_log, verify_store

# Given the path of a file in the release and the offset asked for: the bytes to send, or None to break off half-way.
Answer = Callable[[str, bytes, int], bytes]


@contextmanager
def serving(release: StoredRelease, answer: Answer) -> Iterator[str]:
    """A server of one release whose answers a test can spoil."""
    manifest = release.manifest
    paths = {manifest.url_path(file.path): file.path for file in manifest.files} | {
        name: name for name in ("release.json", "release.json.sig")
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = paths.get(self.path.split("/", 5)[5])
            if path is None or not (release.folder / path).exists():
                self.send_error(404)
                return
            start = int(self.headers.get("Range", "bytes=0-")[6:-1])
            content = (release.folder / path).read_bytes()
            body = answer(path, content, start)
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def honest(_: str, content: bytes, start: int) -> bytes:
    return content[start:]


@pytest.fixture
def source(released: Any, make_package: Any) -> StoredRelease:
    files = {"data/items.csv": "编号,名称,金额\n" + "".join(f"{n},甲,1\n" for n in range(5000)), "README.md": "x"}
    release: StoredRelease = released(make_package(files)).release
    return release


@pytest.fixture
def target(tmp_path: Path) -> Store:
    return Store(tmp_path / "target")


def test_a_release_arrives_byte_for_byte(source: StoredRelease, target: Store) -> None:
    with serving(source, honest) as url:
        fetched = download("demo", "latest", url, target)
    assert fetched.sha256 == source.sha256
    assert [release.sha256 for release in verify_store(target)] == [source.sha256]


def test_what_was_fetched_is_logged_and_where_it_came_from_is_private(source: StoredRelease, target: Store) -> None:
    with serving(source, honest) as url:
        download("demo", "latest", url, target)
    (entry,) = target.log.entries()
    assert (entry.act, entry.version, entry.details["sha256"]) == ("fetched", "1.0.0", source.sha256)
    assert url not in entry.data.decode()
    assert (target.log.private(entry) or {})["from"] == url
    assert verify_log(target).entries == 1


def test_what_was_purged_here_is_not_fetched_again(source: StoredRelease, target: Store) -> None:
    with serving(source, honest) as url:
        download("demo", "latest", url, target)
        acts.purge(target, "demo", "1.0.0", "why", "law", Actor("operator"))
        with pytest.raises(VersionSpent):
            download("demo", "1.0.0", url, target)


def test_a_service_gives_what_get_takes(service: str, target: Store) -> None:
    fetched = download("work-points-2019", "latest", service, target)
    assert fetched.manifest.version == "1.0.1"
    assert len(list(verify_store(target))) == 1


def test_the_second_time_nothing_is_fetched(source: StoredRelease, target: Store) -> None:
    asked: list[str] = []

    def counting(path: str, content: bytes, start: int) -> bytes:
        asked.append(path)
        return content[start:]

    with serving(source, counting) as url:
        download("demo", "1.0.0", url, target)
        asked.clear()
        download("demo", "1.0.0", url, target)
    assert asked == ["release.json"]


def test_a_release_that_was_damaged_since_is_never_called_right(source: StoredRelease, target: Store) -> None:
    with serving(source, honest) as url:
        folder = download("demo", "1.0.0", url, target).folder
        (folder / "package/README.md").write_bytes(b"y")
        with pytest.raises(DigestMismatch, match=r"README\.md"):
            download("demo", "1.0.0", url, target)


def test_a_connection_that_breaks_is_resumed_where_it_broke(source: StoredRelease, target: Store) -> None:
    starts: list[int] = []

    def breaking(path: str, content: bytes, start: int) -> bytes:
        if path != "package/data/items.csv":
            return content[start:]
        starts.append(start)
        return content[start : start + 20_000]

    with serving(source, breaking) as url:
        download("demo", "1.0.0", url, target)
    assert starts == [0, 20_000, 40_000]
    assert len(list(verify_store(target))) == 1


@pytest.mark.parametrize("path", ["package/data/items.csv", "demo.duckdb", "report.json"])
def test_a_changed_byte_is_refused_and_nothing_is_kept(source: StoredRelease, target: Store, path: str) -> None:
    def lying(asked: str, content: bytes, start: int) -> bytes:
        return content[start:-1] + b"?" if asked == path else content[start:]

    with serving(source, lying) as url, pytest.raises(DownloadError, match="SHA-256"):
        download("demo", "1.0.0", url, target)
    assert not any(target.root.rglob("*"))


@pytest.mark.parametrize("evil", ["../../evil.csv", "/tmp/evil.csv"])
def test_a_manifest_that_names_a_file_outside_is_refused(source: StoredRelease, target: Store, evil: str) -> None:
    def lying(path: str, content: bytes, start: int) -> bytes:
        if path != "release.json":
            return content[start:]
        manifest = Manifest.model_validate_json(content)
        files = [file.model_copy(update={"path": evil}) for file in manifest.files]
        return manifest.model_copy(update={"files": tuple(files)}).dumps().ljust(len(content))[: len(content)]

    with serving(source, lying) as url, pytest.raises(DownloadError, match=r"outside|damaged"):
        download("demo", "1.0.0", url, target)
    assert not any(target.root.rglob("*"))


def test_another_release_than_the_one_asked_for_is_refused(source: StoredRelease, target: Store) -> None:
    with serving(source, honest) as url, pytest.raises(DownloadError, match=r"Asked for other@1\.0\.0"):
        download("other", "1.0.0", url, target)


def test_a_release_that_differs_from_the_one_held_is_refused(
    source: StoredRelease, released: Any, make_package: Any, settings: Any
) -> None:
    store = Store(settings.store.with_name("second"))
    with serving(source, honest) as url:
        download("demo", "1.0.0", url, store)
        manifest = store.root / "demo/1.0.0/release.json"
        manifest.write_text(manifest.read_text("utf-8").replace("示例", "改过"), "utf-8")
        with pytest.raises(ReleaseConflict):
            download("demo", "1.0.0", url, store)


def test_a_service_that_is_not_there_is_said(target: Store) -> None:
    with pytest.raises(DownloadError, match="does not answer"):
        download("demo", "1.0.0", "http://127.0.0.1:9", target)


def test_the_services_own_words_are_passed_on(service: str, target: Store) -> None:
    with pytest.raises(DownloadError, match=r"404: work-points-2019 has no release '9\.9\.9'"):
        download("work-points-2019", "9.9.9", service, target)


def test_the_command_prints_the_folder(minshu: Any, service: str) -> None:
    done = minshu("get", "work-points-2019@1.0.1", "--from", service, "--store", "got")
    assert (done.returncode, done.stdout) == (0, "got/work-points-2019/1.0.1\n")
    assert "every digest right" in done.stderr


def test_an_address_that_is_none_is_said_in_one_sentence(minshu: Any) -> None:
    done = minshu("get", "demo", "--from", "not an address")
    assert done.returncode == 2
    assert done.stderr.startswith("minshu: ")
    assert "Traceback" not in done.stderr


def test_the_versions_of_a_dataset_are_listed_with_their_states(service: str) -> None:
    assert listed("work-points-2019", service) == {"1.0.1": None}
    assert listed("gone", service) == {}


def test_an_address_where_no_minshu_answers_is_an_error(source: StoredRelease) -> None:
    with serving(source, honest) as url, pytest.raises(DownloadError, match="does not answer as a Minshu does"):
        listed("demo", f"{url}/datasets/demo")
