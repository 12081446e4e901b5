"""The cache of exports: whole files or none, made once, and forgotten when they were not used for longest."""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pytest

from minshu.errors import ExportsOverloaded, StoreFailed
from minshu.exports import ExportedFile, Exports, export_key
from minshu.filecache import GRACE
from minshu.formats import FORMATS, Column, Format
from minshu.making import Growing
from minshu.scratch import Scratch

CSV = FORMATS["csv"]
MakeExports = Callable[..., Exports]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.fixture
def make(tmp_path: Path, scratch: Path) -> MakeExports:
    return lambda capacity=1000, **waiting: Exports(tmp_path / "exports", scratch, capacity, **waiting)


def writing(data: bytes, calls: list[bytes] | None = None) -> Callable[[BinaryIO], None]:
    """A writer of these bytes that counts its calls."""

    def write(out: BinaryIO) -> None:
        out.write(data)
        if calls is not None:
            calls.append(data)

    return write


def age(exported: ExportedFile, seconds: float) -> None:
    """Let a file seem to have been used so long ago."""
    then = time.time() - seconds
    os.utime(exported.path, (then, then))


def test_a_file_is_told_with_its_digest_size_and_media_type(make: MakeExports) -> None:
    exported = make().file("key", CSV, writing("编号\n1\n".encode()))
    data = exported.path.read_bytes()
    assert data == "编号\n1\n".encode()
    assert exported == ExportedFile(exported.path, sha256(data).hexdigest(), len(data), "text/csv; charset=utf-8")
    assert exported.path.suffix == ".csv"


def test_a_file_is_made_once(make: MakeExports) -> None:
    calls: list[bytes] = []
    first = make().file("key", CSV, writing(b"a", calls))
    assert make().file("key", CSV, writing(b"a", calls)) == first
    assert calls == [b"a"]


def test_other_keys_have_other_files(make: MakeExports) -> None:
    exports = make()
    assert exports.file("one", CSV, writing(b"1")).path != exports.file("two", CSV, writing(b"2")).path


def test_a_key_depends_on_release_table_format_and_query() -> None:
    parts = ("release", "table", "csv", "query")
    others = [[*parts[:index], "other", *parts[index + 1 :]] for index in range(len(parts))]
    keys = {export_key(*parts)} | {export_key(release, table, form, query) for release, table, form, query in others}
    assert len(keys) == 5


def test_who_asks_while_it_is_made_waits_for_it(make: MakeExports) -> None:
    exports, started = make(), threading.Barrier(8)
    calls: list[bytes] = []

    def write(out: BinaryIO) -> None:
        time.sleep(0.05)
        writing(b"a", calls)(out)

    def ask() -> None:
        started.wait()
        found.append(exports.file("key", CSV, write))

    found: list[ExportedFile] = []
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [b"a"]
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.fixture
def busy() -> Iterator[Callable[[Exports], None]]:
    """Keep the exports busy with `slow` until the test ends."""
    go_on, threads = threading.Event(), []

    def occupy(exports: Exports) -> None:
        begun = threading.Event()

        def write(out: BinaryIO) -> None:
            begun.set()
            go_on.wait(20)
            out.write(b"slow")

        thread = threading.Thread(target=lambda: exports.file("slow", CSV, write))
        threads.append(thread)
        thread.start()
        assert begun.wait(5)

    yield occupy
    go_on.set()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("key", ["slow", "other"])
def test_who_comes_when_all_places_are_taken_is_sent_away_at_once(
    make: MakeExports, busy: Callable[[Exports], None], key: str
) -> None:
    exports = make(at_once=1, queue=0)
    busy(exports)
    begun = time.monotonic()
    with pytest.raises(ExportsOverloaded, match="Try again in"):
        exports.file(key, CSV, writing(b"x"))
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("key", ["slow", "other"])
def test_nobody_waits_for_ever(make: MakeExports, busy: Callable[[Exports], None], key: str) -> None:
    exports = make(at_once=1, queue=1, patience=0.1)
    busy(exports)
    for _ in range(3):  # Who was sent away has left the queue.
        with pytest.raises(ExportsOverloaded):
            exports.file(key, CSV, writing(b"x"))


def test_what_is_made_already_is_given_however_busy_the_others_are(
    make: MakeExports, busy: Callable[[Exports], None]
) -> None:
    exports = make(at_once=1, queue=0)
    made = exports.file("made", CSV, writing(b"made"))
    busy(exports)
    assert exports.file("made", CSV, writing(b"never called")) == made


def test_two_processes_that_write_different_bytes_at_once_mix_nothing(make: MakeExports) -> None:
    def write(out: BinaryIO) -> None:
        inner.append(make().file("key", CSV, writing(b"theirs")))
        out.write(b"ours")

    inner: list[ExportedFile] = []
    ours = make().file("key", CSV, write)
    for exported, data in ((ours, b"ours"), (inner[0], b"theirs")):
        assert exported.path.read_bytes() == data
        assert exported.sha256 == sha256(data).hexdigest()


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), pa.ArrowInvalid("IO Error: corrupt"), ZeroDivisionError()],
)
def test_a_writer_that_fails_leaves_nothing_behind(
    make: MakeExports, tmp_path: Path, scratch: Path, error: Exception
) -> None:
    def write(out: BinaryIO) -> None:
        out.write(b"half")
        raise error

    with pytest.raises(ZeroDivisionError if isinstance(error, ZeroDivisionError) else StoreFailed):
        make().file("key", CSV, write)
    assert list((tmp_path / "exports").iterdir()) == list(scratch.iterdir()) == []
    assert make().file("key", CSV, writing(b"whole")).path.read_bytes() == b"whole"


def test_a_full_disk_is_told_in_words(make: MakeExports) -> None:
    def write(out: BinaryIO) -> None:
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    with pytest.raises(StoreFailed, match="Cannot write an export: No space left on device"):
        make().file("key", CSV, write)


def test_what_was_not_used_for_longest_goes_first(make: MakeExports) -> None:
    exports = make(25)
    made = [exports.file(name, CSV, writing(name.encode() * 10)) for name in ("a", "b", "c")]
    for exported, seconds in zip(made, (GRACE + 30, GRACE + 20, GRACE + 10), strict=True):
        age(exported, seconds)
    exports.file("a", CSV, writing(b"never called"))  # Used again: now b is the oldest.
    exports.file("d", CSV, writing(b"d"))
    assert [exported.path.exists() for exported in made] == [True, False, True]


def test_what_was_handed_out_just_now_stays_even_in_a_full_cache(make: MakeExports) -> None:
    exports = make(0)
    made = [exports.file(name, CSV, writing(b"data")) for name in ("a", "b")]
    assert all(exported.path.exists() for exported in made)


def test_an_open_file_stays_readable_when_it_is_evicted(make: MakeExports) -> None:
    exports = make(0)
    exported = exports.file("a", CSV, writing(b"data"))
    with exported.path.open("rb") as handle:
        age(exported, GRACE + 1)
        exports.file("b", CSV, writing(b"b"))
        assert not exported.path.exists()
        assert handle.read() == b"data"


@pytest.mark.parametrize("damage", ["removed", "truncated", "zeroed", "half a card", "card of another kind", "no card"])
def test_what_was_lost_is_made_again(make: MakeExports, tmp_path: Path, damage: str) -> None:
    exported = make().file("key", CSV, writing(b"data"))
    (card,) = (tmp_path / "exports").glob("*.card")
    if damage == "removed":
        exported.path.unlink()
    elif damage == "truncated":
        exported.path.write_bytes(b"")
    elif damage == "zeroed":
        exported.path.write_bytes(bytes(exported.bytes))
    else:
        card.write_bytes({"half a card": b"{", "card of another kind": b"{}", "no card": b"[1]"}[damage])
    again = make().file("key", CSV, writing(b"data"))
    assert again == exported
    assert again.path.read_bytes() == b"data"


def test_a_file_is_read_once_to_be_sure_of_it(make: MakeExports, monkeypatch: pytest.MonkeyPatch) -> None:
    exported = make().file("key", CSV, writing(b"data"))
    read: list[str] = []

    def counted(file: BinaryIO, algorithm: str) -> Any:
        read.append(algorithm)
        return file_digest(file, algorithm)  # type: ignore[arg-type]

    monkeypatch.setattr("minshu.filecache.file_digest", counted)
    another = make()
    assert [another.file("key", CSV, writing(b"other")) for _ in range(3)] == [exported] * 3
    assert read == ["sha256"]


def test_scratch_of_a_killed_process_is_swept_and_that_of_a_living_one_is_not(tmp_path: Path) -> None:
    with Scratch(tmp_path) as living:
        dead = tmp_path / ".scratch-dead"
        dead.mkdir()
        (dead / "half").write_bytes(b"half")
        with Scratch(tmp_path) as other:
            assert not dead.exists()
            assert living.path.exists()
            assert other.path != living.path
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def slow() -> Iterator[tuple[Callable[[BinaryIO], None], threading.Event]]:
    """A writer that stops half-way until it is told to go on."""
    go_on = threading.Event()

    def write(out: BinaryIO) -> None:
        out.write(b"half,")
        out.flush()
        assert go_on.wait(10)
        out.write(b"whole")

    yield write, go_on
    go_on.set()


def test_what_is_made_soon_is_given_whole(make: MakeExports) -> None:
    calls: list[bytes] = []
    found = [make().soon("key", CSV, writing(b"data", calls), 10) for _ in range(2)]
    assert [item.path.read_bytes() for item in found if isinstance(item, ExportedFile)] == [b"data"] * 2
    assert calls == [b"data"]


def test_what_takes_long_can_be_read_while_it_grows(
    make: MakeExports, slow: tuple[Callable[[BinaryIO], None], threading.Event]
) -> None:
    write, go_on = slow
    exports = make()
    first, second = (exports.soon("key", CSV, write, 0.05) for _ in range(2))
    assert isinstance(first, Growing)
    assert isinstance(second, Growing)
    with first.file, second.file:
        assert first.file.read() == second.file.read() == b"half,"
        go_on.set()
        whole = first.whole.result(10)
        assert second.whole.result(10) == whole
        assert first.file.read() == second.file.read() == b"whole"
    assert whole.path.read_bytes() == b"half,whole"
    assert exports.soon("key", CSV, writing(b"never called"), 0) == whole


def test_without_a_head_start_the_whole_is_waited_for(make: MakeExports) -> None:
    def write(out: BinaryIO) -> None:
        time.sleep(0.1)
        out.write(b"data")

    assert isinstance(make().soon("key", CSV, write, None), ExportedFile)


@pytest.mark.parametrize("head_start", [0.05, 10])
def test_a_making_that_fails_fails_for_all_who_wait_or_follow(make: MakeExports, head_start: float) -> None:
    def write(out: BinaryIO) -> None:
        time.sleep(0.2)
        raise OSError(errno.ENOSPC, "No space left on device")

    exports = make()
    if head_start > 1:
        with pytest.raises(StoreFailed, match="No space left"):
            exports.soon("key", CSV, write, head_start)
    else:
        found = exports.soon("key", CSV, write, head_start)
        assert isinstance(found, Growing)
        with found.file, pytest.raises(StoreFailed, match="No space left"):
            found.whole.result(10)
    made = exports.soon("key", CSV, writing(b"whole"), 10)
    assert isinstance(made, ExportedFile)


def test_who_finds_no_place_is_told_so_at_once(
    make: MakeExports, slow: tuple[Callable[[BinaryIO], None], threading.Event]
) -> None:
    exports = make(at_once=1, queue=0)
    begun = exports.soon("key", CSV, slow[0], 0)
    assert isinstance(begun, Growing)
    with begun.file, pytest.raises(ExportsOverloaded):
        exports.soon("other", CSV, writing(b"data"), 0)


def test_who_waits_for_what_another_began_takes_a_place(
    make: MakeExports, slow: tuple[Callable[[BinaryIO], None], threading.Event]
) -> None:
    exports = make(at_once=1, queue=0)
    begun = exports.soon("key", CSV, slow[0], 0)
    assert isinstance(begun, Growing)
    with begun.file, pytest.raises(ExportsOverloaded):
        exports.soon("key", CSV, slow[0], None)


def test_a_head_start_is_counted_from_when_the_making_began(
    make: MakeExports, slow: tuple[Callable[[BinaryIO], None], threading.Event]
) -> None:
    exports = make()
    waited = []
    for _ in range(2):
        asked = time.monotonic()
        found = exports.soon("key", CSV, slow[0], 0.5)
        waited.append(time.monotonic() - asked)
        assert isinstance(found, Growing)
        found.file.close()
    assert waited[0] >= 0.45 > waited[1]


def test_a_making_that_no_thread_could_be_had_for_is_begun_again(
    make: MakeExports, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    exports = make()
    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr("minshu.exports.Thread.start", refused)
        exports.soon("key", CSV, writing(b"data"), 10)
    assert isinstance(exports.soon("key", CSV, writing(b"data"), 10), ExportedFile)


@pytest.mark.parametrize("written", FORMATS.values(), ids=FORMATS)
def test_every_format_is_written_from_start_to_end(make: MakeExports, written: Format) -> None:
    table = pa.table({"编号": [1, 2, 3], "名称": ["甲", None, "乙"]})
    columns = (Column("编号", "BIGINT", "number"), Column("名称", "VARCHAR", "string"))
    made = make().file("key", written, lambda out: written.write(table.to_reader(), columns, out))
    assert made.bytes > 0
