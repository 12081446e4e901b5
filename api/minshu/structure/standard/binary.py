"""Parquet and SQLite, read by a worker process: a stranger's file may break what reads it, and the worker alone."""

import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from frictionless import FrictionlessException, Parser
from frictionless import errors as kinds
from frictionless.formats.sql import SqlControl

import minshu

FORMATS = {"parquet": "parquet", "parq": "parquet", "sqlite": "sqlite", "sqlite3": "sqlite"}

# -I: nothing of the environment, of the user's site or of the working directory decides what is imported.
_START = "import sys; sys.path.insert(0, sys.argv[1]); from minshu.binaries import main; main()"


class BinaryParser(Parser):
    """The rows of Parquet files, or of a table in SQLite, under a header made of the columns' names."""

    _rows: Generator[list[Any], None, None] | None = None

    def close(self) -> None:
        """End the worker, wherever it has come to."""
        super().close()
        if self._rows:
            self._rows.close()

    def read_cell_stream_create(self) -> Iterator[list[Any]]:
        """The header, and the rows. Raises FrictionlessException."""
        self._rows = self._read()
        return self._rows

    def _read(self) -> Generator[list[Any], None, None]:
        # Here, as Arrow below, for most packages have no such file, and need not wait for what reads it.
        from minshu.binaries import untagged

        labels: list[str] | None = None
        form = FORMATS[str(self.resource.format)]
        table = SqlControl.from_dialect(self.resource.dialect).table or ""
        for path in self.resource.normpaths:
            with _opened(form, path, table) as stream:
                names = list(stream.schema.names)
                if labels is None:
                    labels = names
                    yield names
                elif labels != names:
                    raise FrictionlessException(kinds.SourceError(note="the files have different columns"))
                for batch in stream:
                    batch.validate(full=True)
                    columns = [column.to_pylist() for column in batch.columns]
                    cells = map(untagged, columns) if form == "sqlite" else columns
                    yield from map(list, zip(*cells, strict=True))


@contextmanager
def _opened(form: str, path: str, table: str) -> Iterator[Any]:
    if not Path(path).is_file():
        raise FrictionlessException(kinds.SchemeError(note=f"[Errno 2] No such file or directory: '{path}'"))
    process = subprocess.Popen(  # noqa: S603  # our own interpreter; the path and the table are arguments, not code
        [
            sys.executable,
            "-I",
            "-B",
            "-c",
            _START,
            str(Path(minshu.__file__).parents[1]),
            form,
            str(Path(path).resolve()),
            table,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
        env={"MINSHU_PARENT": str(os.getpid()), "MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"},
        start_new_session=True,
    )
    import pyarrow as pa

    output, words = cast("tuple[IO[bytes], IO[bytes]]", (process.stdout, process.stderr))
    try:
        with pa.ipc.open_stream(output) as stream:
            yield stream
        if process.wait():
            raise FrictionlessException(_failure(process, words))
    except pa.ArrowException as error:
        process.wait(timeout=10)
        raise FrictionlessException(_failure(process, words)) from error
    finally:
        process.kill()
        process.wait()
        output.close()
        words.close()


def _failure(process: "subprocess.Popen[bytes]", words: IO[bytes]) -> kinds.SourceError:
    said = words.read(2_000).decode(errors="replace")
    died = "the file asks for more memory or time than it may use"
    return kinds.SourceError(note=died if process.returncode < 0 else said.strip() or died)
