"""Zips, friendly and hostile."""

import stat
import struct
from errno import ENOSPC
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZipFile, ZipInfo

import pytest

from minshu.archives import unpacked
from minshu.errors import ArchiveRefused
from minshu.settings import Settings

SMALL = Settings(archive_bytes=100_000, archive_files=10)


def zipped(path: Path, *entries: tuple[str | ZipInfo, bytes]) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def test_files_arrive_as_they_were_packed(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", ("datapackage.json", b"{}"), ("data/表.csv", b"a\n1\n"))
    with unpacked(archive, SMALL) as folder:
        assert (folder / "data/表.csv").read_bytes() == b"a\n1\n"


def test_the_folder_is_gone_afterwards(tmp_path: Path) -> None:
    with unpacked(zipped(tmp_path / "a.zip", ("a", b"1")), SMALL) as folder:
        pass
    assert not folder.exists()


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/etc/evil", "a\\..\\evil"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    archive = zipped(tmp_path / "a.zip", (name, b"x"))
    with pytest.raises(ArchiveRefused, match="leads out"), unpacked(archive, SMALL):
        pass
    assert not (tmp_path.parent / "evil").exists()


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = ZipInfo("data.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive = zipped(tmp_path / "a.zip", (link, b"/etc/passwd"))
    with pytest.raises(ArchiveRefused, match="link"), unpacked(archive, SMALL):
        pass


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        archive = zipped(tmp_path / "a.zip", ("a", b"1"), ("a", b"2"))
    with pytest.raises(ArchiveRefused, match="twice"), unpacked(archive, SMALL):
        pass


def test_a_bomb_stops_at_the_limit_of_bytes(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", ("zeros", bytes(200_000)))
    with pytest.raises(ArchiveRefused, match="archive_bytes"), unpacked(archive, SMALL):
        pass


def test_a_bomb_stops_at_the_ratio_though_it_is_below_the_limit_of_bytes(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", ("zeros", bytes(30 << 20)))
    with pytest.raises(ArchiveRefused, match="archive_ratio"), unpacked(archive, Settings(archive_ratio=2)):
        pass


def test_a_bomb_that_lies_about_its_size_stops_all_the_same(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", ("zeros", bytes(200_000)))
    raw = archive.read_bytes()
    lying = raw.replace(struct.pack("<L", 200_000), struct.pack("<L", 5))
    assert lying != raw
    archive.write_bytes(lying)
    with pytest.raises(ArchiveRefused), unpacked(archive, SMALL):
        pass


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", *((str(number), b"") for number in range(11)))
    with pytest.raises(ArchiveRefused, match="11 files"), unpacked(archive, SMALL):
        pass


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", ("a", b"secret"))
    raw = bytearray(archive.read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(raw)
    with pytest.raises(ArchiveRefused, match="encrypted"), unpacked(archive, SMALL):
        pass


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 but no more"])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ArchiveRefused, match=r"cannot|not a zip"), unpacked(tmp_path / "a.zip", SMALL):
        pass


def test_a_damaged_entry_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", ("a", b"0123456789" * 100))
    raw = bytearray(archive.read_bytes())
    raw[40] ^= 0xFF
    archive.write_bytes(raw)
    with pytest.raises(ArchiveRefused), unpacked(archive, SMALL):
        pass


@pytest.mark.parametrize("method", [ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA])
def test_whatever_way_it_was_packed_a_damaged_entry_is_refused(tmp_path: Path, method: int) -> None:
    path = tmp_path / "a.zip"
    with ZipFile(path, "w", method) as archive:
        archive.writestr("a.csv", "a,b\n" * 1000)
    data = bytearray(path.read_bytes())
    begin = 30 + len("a.csv") + 10
    data[begin : begin + 12] = b"\xff" * 12
    path.write_bytes(data)
    with pytest.raises(ArchiveRefused), unpacked(path, Settings()):
        pass


@pytest.mark.parametrize("names", [("a", "a/b.csv"), ("a/b.csv", "a"), ("a/b/c.csv", "a/b")])
def test_a_file_and_a_folder_of_one_name_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    path = zipped(tmp_path / "a.zip", *((name, b"x") for name in names))
    with pytest.raises(ArchiveRefused, match="a file and a folder of one name"), unpacked(path, Settings()):
        pass


def test_a_full_disk_is_no_fault_of_the_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("minshu.archives._extract", full)
    with pytest.raises(OSError, match="No space"), unpacked(zipped(tmp_path / "a.zip", ("a", b"x")), Settings()):
        pass


def test_names_packed_in_gbk_are_read(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", ("####.csv", b"1"))
    archive.write_bytes(archive.read_bytes().replace(b"####.csv", "数据".encode("gbk") + b".csv"))
    with unpacked(archive, SMALL) as folder:
        assert [path.name for path in folder.iterdir()] == ["数据.csv"]
