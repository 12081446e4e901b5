"""Files of strangers: only so many wait to be judged."""

from contextlib import ExitStack, nullcontext
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from minshu.errors import JobError, JobsOverloaded
from minshu.jobs import Validations
from minshu.jobs.validations import RECEIVING, WAITING
from minshu.reports import Format, Language
from minshu.settings import Settings


def test_only_so_many_wait_and_who_goes_away_is_not_worked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    validations = Validations(Settings(store=tmp_path), tmp_path)
    begun, go_on = Event(), Event()
    gone, here = Event(), Event()
    gone.set()
    outcomes: list[str] = []

    def worked(task: dict[str, Any], *_: object) -> dict[str, object]:
        begun.set()
        assert go_on.wait(20)
        Path(task["report"]).write_bytes(b"{}")
        return {"outcome": "done", "valid": True}

    def judge(number: int, stop: Event) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            validations.judge(folder / "x", Format.json, Language.en, stop, nullcontext())
        except (JobError, JobsOverloaded) as error:
            outcomes.append(error.code)
        else:
            outcomes.append("judged")

    monkeypatch.setattr("minshu.jobs.validations.work", worked)
    threads = [Thread(target=judge, args=(number, gone if number else here)) for number in range(WAITING)]
    for thread in threads:
        thread.start()
        assert begun.wait(20)
    while validations._places._value:
        pass
    with pytest.raises(JobsOverloaded):
        validations.judge(tmp_path / "y", Format.json, Language.en, here, nullcontext())
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["job-error"] * (WAITING - 1) + ["judged"]


def test_only_so_many_are_on_the_disk_however_slowly_they_come(tmp_path: Path) -> None:
    validations = Validations(Settings(store=tmp_path), tmp_path)
    with ExitStack() as coming:
        for _ in range(RECEIVING):
            coming.enter_context(validations.folder())
        with pytest.raises(JobsOverloaded):
            coming.enter_context(validations.folder())
    with validations.folder() as folder:
        assert [*tmp_path.iterdir()] == [folder]
