"""Options and arguments that several commands take, so that each is told in the same words everywhere."""

from pathlib import Path
from typing import Annotated

import typer

PackagePath = Annotated[Path, typer.Argument(help="A descriptor, a folder or zip with one, or a single data file.")]
NameOption = Annotated[str | None, typer.Option(help="The dataset's name, over the package's own.")]
VersionOption = Annotated[
    str | None, typer.Option(help="The release's version, over the package's own; `auto` computes it.")
]
StoreOption = Annotated[Path | None, typer.Option(help="The folder that holds the releases.")]
CatalogueOption = Annotated[Path | None, typer.Option(help="The folder of schemas/, validators/ and datasets/.")]
ReasonOption = Annotated[str, typer.Option(help="Why, for everybody to read.")]
