"""Digests of files."""

from hashlib import file_digest
from pathlib import Path


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file, as hex."""
    with file.open("rb") as handle:
        return file_digest(handle, "sha256").hexdigest()
