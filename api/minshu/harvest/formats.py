"""Which files of another catalogue are read, by what is said of them and by what they are."""

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit
from zipfile import BadZipFile, ZipFile

from minshu.errors import FileUntaken
from minshu.harvest.model import RemoteFile

FORMATS: Final = ("csv", "tsv", "xlsx", "ods", "ndjson", "json", "parquet", "zip")
"""What is read, the plainest first: of one table in several of them, the first is taken."""

_HEAD: Final = 1 << 12
_NAMES: Final[Mapping[str, str]] = {
    **{name: name for name in FORMATS},
    **dict.fromkeys(("txt", "tab", "text/csv", "text/plain", "application/csv", "text/comma-separated-values"), "csv"),
    "text/tab-separated-values": "tsv",
    "application/json": "json",
    **dict.fromkeys(("jsonl", "application/x-ndjson", "application/jsonl"), "ndjson"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    **dict.fromkeys(("parq", "application/vnd.apache.parquet", "application/x-parquet"), "parquet"),
    **dict.fromkeys(("application/zip", "application/x-zip-compressed"), "zip"),
}
_UNREAD: Final = (
    *("html", "htm", "text/html", "pdf", "application/pdf", "doc", "docx", "xls", "application/vnd.ms-excel", "ppt"),
    *("pptx", "xml", "application/xml", "text/xml", "rdf", "ttl", "jsonld", "geojson", "application/geo+json", "kml"),
    *("kmz", "shp", "gpkg", "png", "jpg", "jpeg", "tif", "tiff", "gz", "rar", "7z", "tar", "duckdb", "sqlite", "db"),
)
_MAPS: Final = ("geojson", "application/geo+json")
# Words that tell nothing of what comes.
_VAGUE: Final = ("", "application/octet-stream", "binary/octet-stream", "application/x-download", "unknown", "data")


def format_of(file: RemoteFile) -> str | None:
    """The format of a file by what is said of it; empty where nothing is, None where it is one that is not read."""
    told = (file.format, file.media_type.partition(";")[0], path_of(file).suffix.lstrip("."))
    names = [name.strip().lower().lstrip(".") for name in told]
    known = next((_NAMES[name] for name in names if name in _NAMES), None)
    if known and not set(names) & set(_MAPS):  # A map may well be JSON, but is no table.
        return known
    is_told = set(names) & set(_UNREAD) or not all(name in _VAGUE for name in names[:2])
    return None if is_told else ""


def chosen(files: Sequence[RemoteFile], key: str) -> tuple[list[RemoteFile], list[str]]:
    """The files of a dataset to take, and a note for each that is in a format that is not read.

    Of one table in several formats the first of `FORMATS` is taken, and of a zip of everything, what it is made of.
    """
    files = _once(files)
    formats = {file.id: format_of(file) for file in files}
    known = [file for file in files if formats[file.id] is not None]
    plain = [file for file in known if formats[file.id] != "zip"]
    taken = []
    for file in known:
        if formats[file.id] == "zip":
            is_again = bool(plain) and path_of(file).stem.lower() == key.lower()
        else:
            is_again = any(_is_better(formats[other.id], formats[file.id]) and _is_same(other, file) for other in plain)
        if not is_again:
            taken.append(file)
    return taken, [
        f"{file.title or file.url} is left out: {file.format or file.media_type or path_of(file).suffix} is not read"
        for file in files
        if formats[file.id] is None
    ]


def _once(files: Sequence[RemoteFile]) -> list[RemoteFile]:
    """The files, each id once, and as one that is read where it is told as that too."""
    found: dict[str, RemoteFile] = {}
    for file in files:
        if file.id not in found or format_of(found[file.id]) is None:
            found[file.id] = file
    return list(found.values())


def recognised(path: Path, file: RemoteFile, media_type: str) -> str:
    """The format of a file that was fetched, by its own first bytes. Raises FileUntaken where it is not read."""
    with path.open("rb") as source:
        head = source.read(_HEAD)
    told = format_of(file) or _NAMES.get(media_type, "")
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path, file)
    if head.startswith(b"PAR1"):
        return "parquet"
    if what := next((name for start, name in _KNOWN.items() if head.startswith(start)), None):
        raise FileUntaken(file.url, f"is {what}, which is not read")
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if re.match(rb"<(!doctype html|html|head|body)", text, re.IGNORECASE) or (
        media_type == "text/html" and text.startswith(b"<")
    ):
        raise FileUntaken(file.url, "is a web page, and no data")
    if text.startswith(b"<"):
        raise FileUntaken(file.url, "is XML, which is not read")
    if told in ("json", "ndjson") or text.startswith((b"[{", b'{"')):
        return "ndjson" if told == "ndjson" or _is_lines(head) else "json"
    return told if told in ("csv", "tsv") else "csv"


def members(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of an unpacked zip that are read, by name, each with its format. What describes a package is none."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found = _NAMES.get(path.suffix.lower().lstrip("."))
        is_aside = path.name.startswith(("datapackage.", ".")) or "__MACOSX" in path.parts
        if found and found != "zip" and not is_aside:
            yield found, path


_KNOWN: Final[Mapping[bytes, str]] = {
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "a file of an old Excel or Word (.xls, .doc)",
    b"\x1f\x8b": "a file of gzip",
    b"Rar!": "an archive of RAR",
    b"7z\xbc\xaf": "an archive of 7-Zip",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"SQLite format 3": "a database of SQLite",
}


def _zipped(path: Path, file: RemoteFile) -> str:
    try:
        with ZipFile(path) as zipped:
            names = zipped.namelist()
            kind = _begin(zipped, "mimetype") if "mimetype" in names else b""
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        raise FileUntaken(file.url, f"is no zip that can be read: {str(error).removesuffix('.')}") from error
    if "xl/workbook.xml" in names:
        return "xlsx"
    if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return "ods"
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise FileUntaken(file.url, "is a document of Office, which is not read")
    return "zip"


def _begin(zipped: ZipFile, name: str) -> bytes:
    """How a file in a zip begins: as a whole it may be of any size."""
    with zipped.open(name) as source:
        return source.read(100)


def _is_lines(head: bytes) -> bool:
    """Whether objects stand in lines of their own."""
    lines = head.splitlines()
    return len(lines) > 1 and all(line.strip().startswith(b"{") for line in lines) and lines[0].strip().endswith(b"}")


def _is_better(one: str | None, other: str | None) -> bool:
    return bool(one and other) and FORMATS.index(str(one)) < FORMATS.index(str(other))


def _is_same(one: RemoteFile, other: RemoteFile) -> bool:
    """Whether two files hold the same table, by their titles, or by their addresses but for the format."""
    titles = [without_format(file.title).lower() for file in (one, other)]
    if titles[0] and titles[0] == titles[1]:
        return True
    paths = [_plain(path_of(file)) for file in (one, other)]
    below = [path.parent for path in paths]
    near = below[0].is_relative_to(below[1]) or below[1].is_relative_to(below[0])
    return paths[0].name == paths[1].name and near and _parts(one).query == _parts(other).query


def without_format(name: str) -> str:
    """The name of a file without the suffix of a format that is read, and without its folders; any other as it is."""
    stem, _, suffix = name.rpartition(".")
    return PurePosixPath(stem).name if stem and suffix.lower() in _NAMES else name


def _plain(path: PurePosixPath) -> PurePosixPath:
    """A path without the suffix of a format."""
    return path.with_suffix("") if path.suffix.lower().lstrip(".") in _NAMES else path


def path_of(file: RemoteFile) -> PurePosixPath:
    """The path in the address of a file."""
    return PurePosixPath(unquote(_parts(file).path))


def _parts(file: RemoteFile) -> SplitResult:
    try:
        return urlsplit(file.url)
    except ValueError:
        return SplitResult("", "", "", "", "")
