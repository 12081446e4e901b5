"""Zipped packages, unpacked with suspicion: nothing leaves the folder, nothing grows without bound."""

import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile, ZipInfo

from minshu.errors import ArchiveRefused
from minshu.settings import MEBIBYTE, Settings

CHUNK = MEBIBYTE
# A small file may well compress 200-fold; a bomb shows itself only past this size.
HARMLESS = 10 * MEBIBYTE
UTF8_FLAG = 0x800
ENCRYPTED_FLAG = 0x1


@contextmanager
def unpacked(archive: Path, settings: Settings) -> Iterator[Path]:
    """A temporary folder with the content of a zip, gone afterwards.

    Raises ArchiveRefused for a zip that is damaged, encrypted or too large, and for entries with unsafe names.
    """
    with TemporaryDirectory(prefix="minshu-") as folder:
        try:
            with ZipFile(archive) as zipped:
                _unpack(zipped, Path(folder), settings)
        except (BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # That is the disk's. bz2 tells of damage by an OSError without a number.
            raise ArchiveRefused(f"{archive.name} is not a zip that can be read: {error}.") from error
        yield Path(folder)


def allowance(packed: int, settings: Settings) -> int:
    """How many bytes may come of so many packed ones."""
    return min(settings.archive_bytes, max(HARMLESS, packed * settings.archive_ratio))


def _unpack(zipped: ZipFile, folder: Path, settings: Settings) -> None:
    entries = [entry for entry in zipped.infolist() if not entry.is_dir()]
    if len(entries) > settings.archive_files:
        raise ArchiveRefused(f"The zip holds {len(entries)} files; {settings.archive_files} are allowed.")
    room = allowance(sum(entry.compress_size for entry in entries), settings)
    seen, folders = set[str](), set[str]()
    for entry in entries:
        name = _safe_name(entry)
        above = set(map(str, PurePosixPath(name).parents))
        if name in seen:
            raise ArchiveRefused(f"The zip holds {name!r} twice.")
        if name in folders or above & seen:
            raise ArchiveRefused(f"The zip holds a file and a folder of one name, at {name!r}.")
        seen.add(name)
        folders |= above
        room -= _extract(zipped, entry, folder / name, room)


def _extract(zipped: ZipFile, entry: ZipInfo, target: Path, room: int) -> int:
    """Write one entry and return its bytes, counted as they come: the sizes that a zip declares may lie."""
    written = 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipped.open(entry) as source, target.open("xb") as sink:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > room:
                raise ArchiveRefused("The zip unpacks to more than is allowed (`archive_bytes`, `archive_ratio`).")
            sink.write(chunk)
    return written


def _safe_name(entry: ZipInfo) -> str:
    name = _decoded_name(entry)
    path = PurePosixPath(name)
    if entry.flag_bits & ENCRYPTED_FLAG:
        raise ArchiveRefused(f"{name!r} in the zip is encrypted. Pack it without a password.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ArchiveRefused(f"{name!r} in the zip is a link. Pack the file itself.")
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        raise ArchiveRefused(f"The name {name!r} in the zip leads out of it.")
    return str(path)


def _decoded_name(entry: ZipInfo) -> str:
    """The entry's name. Chinese Windows packs names in GBK without saying so; zipfile then reads them as cp437."""
    if entry.flag_bits & UTF8_FLAG:
        return entry.filename
    try:
        raw = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename
