"""A catalogue on disk: `schemas/`, `validators/` and `datasets/` in one folder, and which belongs to which.

The package at `datasets/my-name` is judged by `validators/my_name.py`, and its tables are described by
`schemas/my-name/TABLE.json`. Earlier releases of it that its builder makes again stand in `build/my-name/`, one folder
each, and are judged by the same rules. A catalogue's rules are run, so a catalogue is trusted.
"""

import json
from pathlib import Path

from minshu.descriptors import DESCRIPTOR_NAMES, Descriptor, parse_json
from minshu.errors import DescriptorInvalid
from minshu.manifest import DESCRIPTOR


class Catalogue:
    """The folder that publishers edit."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def datasets(self) -> list[Path]:
        """The folders of the catalogue's packages, by name."""
        folders = sorted((self.root / "datasets").glob("*/"))
        return [folder for folder in folders if any((folder / name).is_file() for name in DESCRIPTOR_NAMES)]

    def rules_for(self, package: Path) -> Path | None:
        """The rules file of a package of this catalogue; None where it has none, or the package is from elsewhere."""
        # Links stay as they are: a dataset that is a link is still this catalogue's, under its name here.
        folder = _folder_of(package)
        if _is(folder.parent, self.root / "datasets"):
            name = folder.name
        elif _is(folder.parent.parent, self.root / "build"):
            name = folder.parent.name
        else:
            return None
        rules = self.rules_file(name)
        return rules if rules.is_file() else None

    def skipped_rules(self, package: Path) -> Path | None:
        """A rules file that would judge a package in a catalogue of its own, were that the one in use."""
        if self.rules_for(package) is not None:
            return None
        above = _folder_of(package).parents[1:3]
        return next((rules for root in above if (rules := Catalogue(root).rules_for(package))), None)

    def rules_file(self, dataset: str) -> Path:
        """Where the rules of a dataset stand, whether or not they exist."""
        return self.root / "validators" / f"{dataset.replace('-', '_')}.py"

    def schema_file(self, dataset: str, table: str) -> Path:
        """Where the schema of a table stands, whether or not it exists."""
        return self.root / "schemas" / dataset / f"{table}.json"

    def inline_schemas(self) -> list[Path]:
        """Write each table's schema into its package's descriptor, and return the descriptors that changed.

        Frictionless refuses references that leave the package, so the schema stands twice: `schemas/` is the source.
        """
        return [descriptor for folder in self.datasets() if (descriptor := self._inline(folder))]

    def _inline(self, folder: Path) -> Path | None:
        path = folder / DESCRIPTOR
        if not path.is_file():
            return None
        text = path.read_text("utf-8")
        descriptor = _object(path)
        for resource in descriptor.get("resources", []):
            schema = self.schema_file(folder.name, str(resource.get("name")))
            if schema.is_file():
                resource["schema"] = _object(schema)
        inlined = json.dumps(descriptor, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
        if inlined == text:
            return None
        _replace(path, inlined)
        return path


def skipped_rules_words(rules: Path) -> str:
    """What to say of rules that `Catalogue.skipped_rules` found: they must never be skipped in silence."""
    return f"The rules in {rules} were not run: name their catalogue with --catalogue, or the file with --rules."


def _folder_of(package: Path) -> Path:
    return (package.parent if package.name in DESCRIPTOR_NAMES else package).absolute()


def _is(folder: Path, other: Path) -> bool:
    return other.is_dir() and folder.is_dir() and folder.samefile(other)


def _object(path: Path) -> Descriptor:
    value = parse_json(path.read_bytes(), str(path))
    if not isinstance(value, dict):
        raise DescriptorInvalid(f"{path} must hold an object.")
    return value


def _replace(path: Path, text: str) -> None:
    """Write a file that is whole at any instant: a publisher's work is not ours to lose."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, "utf-8")
    draft.replace(path)
