"""The commands that a publisher starts with: `minshu describe` and `minshu init`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

NameOption = Annotated[str | None, typer.Option(help="The dataset's name; by default the folder's.")]


def describe(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Delimited text: .csv, .tsv, .tab, .txt.")],
    name: NameOption = None,
    out: Annotated[Path | None, typer.Option(help="Where the descriptor goes, instead of stdout.")] = None,
) -> None:
    """Propose a descriptor for data files, from every value of them."""
    from minshu.cli.progress import progress
    from minshu.describe import described

    with progress("Describing"):
        descriptor = described(files, out.parent if out else Path(), name)
    data = (json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n").encode("utf-8")
    if out:
        with out.open("xb") as file:
            file.write(data)
        print(out)  # noqa: T201
        return
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def init(
    catalogue: Annotated[Path, typer.Argument(metavar="DIR", help="The catalogue; made where it is missing.")],
    files: Annotated[list[Path] | None, typer.Option("--from", help="A data file of the dataset; repeatable.")] = None,
    name: NameOption = None,
) -> None:
    """Make a dataset with schemas, rules and a test that work at once. Nothing is overwritten."""
    from minshu.cli.progress import progress
    from minshu.describe.scaffold import scaffold

    with progress("Making"):
        made = scaffold(catalogue, files or [], name)
    for path in made:
        print(path)  # noqa: T201
