"""Complete files made of one table, kept until the cache is full."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ExportedFile:
    """A whole file on disk, with its digest.

    The cache leaves it alone for a minute after it was handed out. Whoever opens it later must be ready to ask again.
    """

    path: Path
    sha256: str
    bytes: int
    media_type: str
