"""Counts of readings: added up over processes and crashes, never twice, and never of whom."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from minshu.counts import Counted, Counts, Readings, Subject, Tally
from minshu.errors import StoreFailed
from minshu.http.counts import lines

TODAY = date(2026, 11, 25)
READ = Subject(TODAY, "demo", "1.0.0", "csv")


def once(subject: Subject = READ, reads: int = 1) -> Counted:
    return {subject: Readings(reads)}


def ago(days: int) -> Subject:
    return READ._replace(day=TODAY - timedelta(days=days))


def test_a_tally_hands_over_each_reading_once() -> None:
    tally = Tally()
    tally.readings("demo", "1.0.0", "csv").reads += 1
    tally.readings("demo", "1.0.0", "csv").parts += 1
    assert tally.take() == {Subject(datetime.now(UTC).date(), "demo", "1.0.0", "csv"): Readings(1, 1)}
    assert tally.take() == {}


def test_the_counts_of_several_processes_are_added_up(tmp_path: Path) -> None:
    first, second = Counts(tmp_path / "counts"), Counts(tmp_path / "counts")
    first.keep(once())
    second.keep(once(reads=2))
    first.keep(once(reads=4))
    assert first.read() == second.read() == once(reads=7)


def test_where_nothing_was_counted_nothing_is_made(tmp_path: Path) -> None:
    counts = Counts(tmp_path / "counts")
    counts.keep({})
    counts.merge(TODAY)
    assert (counts.read(), (tmp_path / "counts").exists()) == ({}, False)


def test_days_long_past_become_one_file_a_month_and_the_sums_stay(tmp_path: Path) -> None:
    for _ in range(3):
        counts = Counts(tmp_path)
        for days in (40, 30, 5, 1, 0):
            counts.keep(once(ago(days)))
    before = Counts(tmp_path).read()
    Counts(tmp_path).merge(TODAY)
    assert Counts(tmp_path).read() == before
    names = sorted(path.name for path in tmp_path.glob("*.json"))
    assert names[:2] == ["2026-10.json", "2026-11-24." + names[1][11:]]
    assert sum(name.count(".") == 1 for name in names) == 2
    assert sum(name.count(".") > 1 for name in names) == 6


def test_a_day_that_was_merged_before_is_counted_once_though_its_file_was_left(tmp_path: Path) -> None:
    counts = Counts(tmp_path)
    counts.keep(once(ago(5)))
    (file,) = tmp_path.glob("2026-11-20.*.json")
    content = file.read_bytes()
    counts.merge(TODAY)
    assert not file.exists()
    file.write_bytes(content)
    assert Counts(tmp_path).read() == once(ago(5))
    Counts(tmp_path).merge(TODAY)
    assert (Counts(tmp_path).read(), file.exists()) == (once(ago(5)), False)


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_merge_that_is_broken_off_anywhere_loses_and_doubles_nothing(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("counts")
    for days in data.draw(st.lists(st.integers(0, 70), min_size=1, max_size=6)):
        Counts(folder).keep(once(ago(days)))
    expected = Counts(folder).read()
    left = data.draw(st.integers(0, 12))

    def failing(operation: object) -> object:
        def run(*words: object, **named: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(5, "Input/output error")
            return operation(*words, **named)  # type: ignore[operator]

        return run

    with monkeypatch.context() as patched:
        for name in ("replace", "unlink"):
            patched.setattr(Path, name, failing(getattr(Path, name)))
        with suppress(StoreFailed):
            Counts(folder).merge(TODAY)
        left = 10**9
        assert Counts(folder).read() == expected
    Counts(folder).merge(TODAY)
    assert Counts(folder).read() == expected


def test_what_was_not_written_is_kept_until_it_can_be(tmp_path: Path) -> None:
    counts = Counts(tmp_path / "absent/counts")
    with pytest.raises(StoreFailed):
        counts.keep(once())
    (tmp_path / "absent").mkdir()
    counts.keep(once())
    assert counts.read() == once(reads=2)


def test_open_releases_are_told_by_day_and_the_others_by_month_in_numbers_that_tell_of_nobody() -> None:
    guarded = {
        Subject(date(2026, 9, 3), "demo", "2.0.0", "csv"): Readings(9),
        Subject(date(2026, 10, 3), "demo", "2.0.0", "csv"): Readings(9),
        Subject(date(2026, 10, 30), "demo", "2.1.0", "sql"): Readings(1, 5),
        Subject(date(2026, 11, 3), "demo", "2.0.0", "csv"): Readings(500),
    }
    told = list(lines({**once(), **guarded}, lambda version: version == "1.0.0", date(2026, 9, 1), TODAY))
    assert [(line["period"], line["version"], line["format"], line["reads"], line["parts"]) for line in told] == [
        ("2026-11-25", "1.0.0", "csv", 1, 0),
        ("2026-10", None, None, 10, 0),
    ]


def test_what_was_read_before_the_first_day_is_not_told() -> None:
    assert list(lines(once(ago(3)), lambda _: True, TODAY, TODAY)) == []
