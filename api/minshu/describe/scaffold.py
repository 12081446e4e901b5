"""A new dataset of a catalogue, laid out as docs/publishing.md says, that works at once."""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from minshu.describe.package import described, slug, table_names
from minshu.describe.starter import example_test, rules_text, watched
from minshu.descriptors import NAME, Descriptor
from minshu.errors import ScaffoldRefused

EXAMPLE: Final = "id,name,amount\na1,first,1.50\na2,second,2.25\na3,third,4.00\n"


def scaffold(catalogue: Path, files: Sequence[Path], name: str | None = None) -> list[Path]:
    """Make a dataset in a catalogue from data files, or from an example, and return the files that were made.

    Nothing that is there is overwritten, and nothing is made unless all of it can be. Raises ScaffoldRefused, or
    Undescribable for a data file that no descriptor fits.
    """
    with TemporaryDirectory() as draft:
        folder, dataset = Path(draft), name or _name(catalogue)
        if not NAME.fullmatch(dataset):
            raise ScaffoldRefused(f"{dataset!r} is no dataset's name: it must match [a-z0-9][a-z0-9._-]*. Use --name.")
        target = catalogue / "datasets" / dataset
        if target.exists():
            raise ScaffoldRefused(f"{target} is there already, and nothing is overwritten. Choose another --name.")
        (folder / "data").mkdir()
        descriptor = described(_copied(folder / "data", files), folder, dataset)
        texts = _texts(dataset, descriptor, folder)
        return _written(catalogue, texts, _moves(target, descriptor, folder))


def _name(catalogue: Path) -> str:
    return slug(catalogue.resolve().name) or "dataset"


def _copied(folder: Path, files: Sequence[Path]) -> list[Path]:
    if not files:
        (folder / "items.csv").write_text(EXAMPLE, "utf-8")
        return [folder / "items.csv"]
    for file in files:
        if not file.is_file():
            raise ScaffoldRefused(f"There is no file {str(file)!r} to make a dataset from.")
    names = table_names(files)
    return [
        Path(shutil.copyfile(file, folder / f"{name}{file.suffix.lower()}"))
        for file, name in zip(files, names, strict=True)
    ]


def _moves(target: Path, descriptor: Descriptor, folder: Path) -> dict[Path, Path]:
    paths = [resource["path"] for resource in descriptor["resources"]]
    return {target / path: folder / path for path in paths}


def _texts(name: str, descriptor: Descriptor, folder: Path) -> dict[str, str]:
    """Every text of the dataset, by its path in the catalogue."""
    watch = watched(descriptor, folder)
    schemas = {
        f"schemas/{name}/{resource['name']}.json": _json(resource["schema"]) for resource in descriptor["resources"]
    }
    module = name.replace("-", "_")
    return {
        **schemas,
        f"validators/{module}.py": rules_text(watch),
        f"tests/datasets/test_{re.sub('[^a-z0-9]', '_', name)}.py": example_test(name, watch),
        f"datasets/{name}/datapackage.json": _json(descriptor),
        f"datasets/{name}/README.md": _readme(name, descriptor),
        f"datasets/{name}/CHANGELOG.md": "# Changelog\n\n## 0.1.0\n\n- First draft.\n",
        f"datasets/{name}/source/.gitkeep": "",
    }


def _readme(name: str, descriptor: Descriptor) -> str:
    tables = "".join(f"- `{resource['path']}`\n" for resource in descriptor["resources"])
    return f"# {name}\n\nSay here what the data is, whose it is, and how it was made from `source/`.\n\n{tables}"


def _json(value: Descriptor) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _written(catalogue: Path, texts: Mapping[str, str], copies: Mapping[Path, Path]) -> list[Path]:
    contents = {catalogue / path: text.encode("utf-8") for path, text in texts.items()}
    there = [path for path in (*contents, *copies) if path.exists()]
    if there:
        raise ScaffoldRefused(f"{there[0]} is there already, and nothing is overwritten. Choose another --name.")
    for path in (*contents, *copies):
        path.parent.mkdir(parents=True, exist_ok=True)
    for path, content in contents.items():
        with path.open("xb") as file:
            file.write(content)
    for path, source in copies.items():
        with path.open("xb") as file, source.open("rb") as data:
            shutil.copyfileobj(data, file)
    return sorted((*contents, *copies))
