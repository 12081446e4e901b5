"""Data packages as they lie on disk: the descriptor, the folder that its paths are relative to, and safe paths.

Reads what a publisher has: a descriptor file, a folder, a zip, or a single data file. Data Package 2.0 throughout;
version 1.0 is read as well.
"""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from minshu.archives import unpacked
from minshu.errors import ArchiveRefused, DescriptorInvalid, PackageNotFound, UnsafePath
from minshu.profiles import near
from minshu.settings import Settings

Descriptor = dict[str, Any]

DESCRIPTOR_NAMES = ("datapackage.json", "datapackage.yaml", "datapackage.yml")
DESCRIPTOR_SUFFIXES = (".json", ".yaml", ".yml")
SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
# Frictionless reads a resource by its `scheme`, whatever its path looks like.
LOCAL_SCHEMES = (None, "", "file", "multipart")
# A descriptor is read as a whole. How much of a file tells what it is; how large a descriptor may be; to how many
# values aliases may let one in YAML grow.
HEAD = 1 << 12
LARGEST = 32 << 20
VALUES = 1_000_000
# Long enough for any name, short enough for any file system.
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}\Z")


@dataclass(frozen=True)
class Package:
    """A data package: what its descriptor says, and the folder that the paths in it are relative to.

    `source` is the descriptor's file and `text` its bytes, where it is JSON as the publisher wrote it; None where the
    descriptor was made here, for a single data file or with a name from outside.
    """

    folder: Path
    descriptor: Descriptor
    source: Path | None = None
    text: bytes | None = None

    @property
    def name(self) -> str | None:
        """The package's own name, if it declares one."""
        name = self.descriptor.get("name")
        return name if isinstance(name, str) else None

    @property
    def version(self) -> str | None:
        """The package's version, if it declares one."""
        version = self.descriptor.get("version")
        return version if isinstance(version, str) else None

    @property
    def resources(self) -> list[Descriptor]:
        """The resources' descriptors, in order."""
        return list(self.descriptor["resources"])

    def identified(self, name: str | None, version: str | None) -> "Package":
        """The package with a name and a version from outside, where they are given."""
        given = {key: value for key, value in (("name", name), ("version", version)) if value is not None}
        if not given or given.items() <= self.descriptor.items():
            return self
        return replace(self, descriptor={**self.descriptor, **given}, text=None)


@contextmanager
def opened(path: Path, settings: Settings) -> Iterator[Package]:
    """The package at a path: a descriptor file, a folder with one, a zip with one, or a single data file.

    Raises PackageNotFound, DescriptorInvalid, UnsafePath or ArchiveRefused.
    """
    if not path.exists():
        raise PackageNotFound(f"There is nothing at {str(path)!r}.")
    if not path.is_file() and not path.is_dir():
        raise PackageNotFound(f"{str(path)!r} is neither a file nor a folder.")
    if path.is_file() and path.suffix.lower() == ".zip" and not _is_compressed_table(path):
        with unpacked(path, settings) as folder:
            yield read_package(_package_folder(folder, path))
    else:
        yield read_package(path)


def read_package(path: Path) -> Package:
    """The package of a folder, a descriptor file or a data file. Raises as `opened` does."""
    if path.is_dir():
        path = _descriptor_in(path)
    if path.suffix.lower() not in DESCRIPTOR_SUFFIXES:
        return _package_of_file(path)
    if path.name not in DESCRIPTOR_NAMES and _begins_a_list(path):
        return _package_of_file(path)
    data = _read_bytes(path)
    descriptor = _parse(data, path)
    if not isinstance(descriptor, dict):
        if path.name in DESCRIPTOR_NAMES:
            raise DescriptorInvalid(f"{path.name} must hold an object.")
        return _package_of_file(path)
    if "resources" not in descriptor and ("path" in descriptor or "data" in descriptor):
        package = Package(path.parent, {"resources": [descriptor]})
    else:
        package = Package(path.parent, descriptor, path, data if path.suffix.lower() == ".json" else None)
    _check(package)
    return package


def parse_json(data: bytes, where: str) -> Any:
    """The value of a JSON text, by RFC 8259: UTF-8 without a byte order mark, finite numbers, whole characters.

    Python's own reader takes more than that, and a release must be readable by everyone. Raises DescriptorInvalid.
    """
    if data.startswith(BOM_UTF8):
        raise DescriptorInvalid(f"{where} begins with a byte order mark. Save it as UTF-8 without BOM.")
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise DescriptorInvalid(f"{where} is not UTF-8: byte {error.start} cannot be read.") from error
    except UnicodeEncodeError as error:
        raise DescriptorInvalid(f"{where} holds half a character (an unpaired surrogate).") from error
    except RecursionError as error:
        raise DescriptorInvalid(f"{where} is nested too deeply.") from error
    except ValueError as error:
        raise DescriptorInvalid(f"{where} cannot be parsed: {error}.") from error
    return value


def paths_of(resource: Mapping[str, Any]) -> list[str]:
    """The paths of a resource's files, none for inline data: a string, a list, or a string and frictionless's more."""
    path = resource.get("path", [])
    return [*([path] if isinstance(path, str) else path), *resource.get("extrapaths", [])]


def resources_of(descriptor: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The resources' descriptors, each in its place, however odd they are."""
    resources = descriptor.get("resources")
    return [one if isinstance(one, dict) else {} for one in resources] if isinstance(resources, list) else []


def fields_of(resource: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The fields that a resource's schema declares, by their names, as far as they have the standard's form."""
    schema = resource.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    named = [field for field in fields if isinstance(field, dict)] if isinstance(fields, list) else []
    return {str(field.get("name")): field for field in named}


def safe_file(folder: Path, path: str) -> Path:
    """The file that a package's path names, proven to lie inside the package's folder.

    Data Package 2.0, "path": relative, without `..`. Links are followed only where they stay inside.
    Raises UnsafePath.
    """
    if SCHEME.match(path):
        raise UnsafePath(path, "is remote, and nothing is fetched while validating or publishing")
    if PurePosixPath(path).is_absolute() or path.startswith("~"):
        raise UnsafePath(path, "is absolute")
    if ".." in PurePosixPath(path).parts or "\\" in path or "\0" in path:
        raise UnsafePath(path, "leads out of the package")
    file = folder / path
    try:
        inside = file.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError) as error:
        raise UnsafePath(path, "is a link that leads nowhere") from error
    if not inside:
        raise UnsafePath(path, "is a link that leads out of the package")
    if file.exists() and not file.is_file() and not file.is_dir():
        raise UnsafePath(path, "is no regular file")
    return file


def _check(package: Package) -> None:
    """Refuse what no later stage could handle; everything else about a descriptor is a matter for the report."""
    where = package.source.name if package.source else "The descriptor"
    resources = package.descriptor.get("resources")
    if not isinstance(resources, list) or not resources:
        key = None if "resources" in package.descriptor else near("resources", package.descriptor)
        hint = f" Did you mean `resources` by {key!r}?" if key else ""
        raise DescriptorInvalid(
            f"{where} has no resources: `resources` must be a list with at least one resource.{hint}"
        )
    for position, resource in enumerate(resources):
        if not isinstance(resource, dict):
            raise DescriptorInvalid(f"{where}: /resources/{position} must be an object.")
        _check_paths(package.folder, resource, f"{where}: /resources/{position}")


def _check_paths(folder: Path, resource: Descriptor, where: str) -> None:
    if "path" in resource and not _is_text(resource["path"]) and not _is_texts(resource["path"]):
        raise DescriptorInvalid(f"{where}/path must be a path or a list of paths.")
    if "extrapaths" in resource and not _is_texts(resource["extrapaths"]):
        raise DescriptorInvalid(f"{where}/extrapaths must be a list of paths.")
    if resource.get("scheme") not in LOCAL_SCHEMES:
        raise UnsafePath(", ".join(paths_of(resource)), f"is read over {resource['scheme']!r}")
    for text in paths_of(resource):
        safe_file(folder, text)
    for key in ("schema", "dialect"):
        reference = resource.get(key)
        if isinstance(reference, str):
            safe_file(folder, reference)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and value != [] and all(map(_is_text, value))


def _begins_a_list(path: Path) -> bool:
    """Whether a file is JSON of rows, which may be larger than memory, rather than a descriptor."""
    return path.suffix.lower() == ".json" and _read_bytes(path, HEAD).lstrip().startswith(b"[")


def _read_bytes(path: Path, most: int | None = None) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most or LARGEST)
            if not most and file.read(1):
                raise DescriptorInvalid(f"{path.name} is larger than a descriptor may be ({LARGEST >> 20} MiB).")
            return data
    except OSError as error:
        raise PackageNotFound(f"{path} cannot be read: {error.strerror}.") from error


def _parse(data: bytes, path: Path) -> Any:
    """What a descriptor file holds. YAML becomes what JSON can say: keys and dates are texts."""
    if path.suffix.lower() == ".json":
        return parse_json(data, path.name)
    import yaml

    try:
        value = yaml.safe_load(data)
        if _count(value, {}) > VALUES:
            raise DescriptorInvalid(f"{path.name} holds more than {VALUES:,} values, with its aliases written out.")
        return parse_json(json.dumps(value, default=str, ensure_ascii=False).encode("utf-8"), path.name)
    except yaml.YAMLError as error:
        raise DescriptorInvalid(f"{path.name} cannot be parsed: {' '.join(str(error).split())}.") from error
    except RecursionError as error:
        raise DescriptorInvalid(f"{path.name} is nested too deeply, or holds itself by an alias.") from error
    except (UnicodeEncodeError, TypeError, ValueError) as error:
        raise DescriptorInvalid(f"{path.name} cannot be said in JSON: {error}.") from error


def _count(value: Any, known: dict[int, int]) -> int:
    """How many values there are within a value, those that aliases repeat counted each time.

    Raises RecursionError for one that holds itself.
    """
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        parts = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_count(part, known) for part in parts)
    return known[id(value)]


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _package_of_file(path: Path) -> Package:
    resource = {"name": _slug(path.name), "path": path.name}
    if path.suffix.lower() == ".json":
        # Who names a single file of JSON means its rows; frictionless would look no further than its syntax, if that.
        resource["type"] = "table"
    return Package(path.parent, {"resources": [resource]})


def _descriptor_in(folder: Path) -> Path:
    found = next((folder / name for name in DESCRIPTOR_NAMES if (folder / name).is_file()), None)
    if found is None:
        raise PackageNotFound(f"The folder {str(folder)!r} has no {DESCRIPTOR_NAMES[0]}.")
    return found


def _package_folder(folder: Path, archive: Path) -> Path:
    """The folder of the descriptor in an unpacked zip: its root, or the one folder that everything was packed in."""
    inside = [folder, *(path for path in folder.iterdir() if path.is_dir())]
    found = [path for path in inside if any((path / name).is_file() for name in DESCRIPTOR_NAMES)]
    if not found:
        raise ArchiveRefused(f"{archive.name} holds no {DESCRIPTOR_NAMES[0]}.")
    return found[0]


def _is_compressed_table(path: Path) -> bool:
    """Whether `table.csv.zip` is meant: one compressed data file rather than a zipped package."""
    return len(path.suffixes) > 1 and path.suffixes[-2].lower() in (
        ".csv",
        ".tsv",
        ".json",
        ".ndjson",
        ".jsonl",
        ".xlsx",
    )


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", name.split(".")[0].lower()).strip("-.") or "table"
