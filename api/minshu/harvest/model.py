"""What another catalogue has, in our words, and what is known of it from the last time."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from minshu.descriptors import Descriptor

ORIGIN: Final = "minshu:harvest"
"""Where the descriptor of a release says what it was harvested from."""


@dataclass(frozen=True)
class RemoteFile:
    """A file of a dataset elsewhere.

    `id` names it for as long as it is there. `mark` is what its catalogue says that changes with its content; `sha256`
    is what the content must be. `path` is where it stands in a package that is taken as it is.
    """

    id: str
    url: str
    title: str = ""
    format: str = ""
    media_type: str = ""
    mark: str = ""
    sha256: str = ""
    path: str = ""


@dataclass(frozen=True)
class RemoteStatus:
    """What a Minshu says of one of its releases: yanked, withdrawn, purged."""

    state: str
    reason: str = ""
    successor: str | None = None


@dataclass(frozen=True)
class RemoteDataset:
    """A dataset elsewhere. `key` is what its catalogue calls it, `about` what a descriptor says of it.

    `digest` is of all its content, where there is such a thing: while it is the same, nothing has changed. `version` is
    the one that its data has there and keeps here. `shut` says why nobody may take it, where that is so.
    """

    id: str
    key: str
    about: Descriptor = field(default_factory=dict)
    page: str = ""
    modified: str = ""
    files: tuple[RemoteFile, ...] = ()
    digest: str = ""
    version: str | None = None
    shut: str = ""


class RemoteCatalogue(Protocol):
    """A catalogue elsewhere, of one kind."""

    kind: str
    address: str

    def datasets(self, only: Collection[str] = ()) -> Iterator[RemoteDataset]:
        """Its datasets one after another, or `only` those of these names. Raises CatalogueUnanswering."""

    def files(self, dataset: RemoteDataset) -> Sequence[RemoteFile]:
        """The files of a dataset. Raises DatasetUntaken."""

    def statuses(self, dataset: str) -> Mapping[str, RemoteStatus]:
        """What is said of the versions of a dataset, by its id. Raises DatasetUntaken."""


@dataclass(frozen=True)
class Seen:
    """What was found at the address of a file: the validators of HTTP, the mark, and the digest of the content.

    `why` says what makes it of no use.
    """

    etag: str = ""
    modified: str = ""
    mark: str = ""
    sha256: str = ""
    why: str = ""

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Seen":
        """What the log says."""
        return cls(**{key: str(told[key]) for key in ("etag", "modified", "mark", "sha256", "why") if key in told})

    def told(self) -> dict[str, str]:
        """What the log is to say."""
        return {key: value for key, value in vars(self).items() if value}


@dataclass(frozen=True)
class Outcome:
    """What became of a dataset: in one word, under which name and version it stands here, and what is to be said."""

    id: str
    status: str
    name: str | None = None
    version: str | None = None
    notes: tuple[str, ...] = ()
    bad: bool = False


@dataclass(frozen=True)
class Wishes:
    """What a harvest is to do.

    `prefix` begins the name of what is new here, `only` names the datasets there, and `limit` is how many are looked
    at. `follow` takes back here what was taken back there. With `again`, nothing that was known before is relied on;
    with `dry`, nothing is fetched but the catalogue, and nothing is written.
    """

    prefix: str = ""
    only: tuple[str, ...] = ()
    limit: int | None = None
    follow: bool = False
    again: bool = False
    dry: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether every dataset of the catalogue is looked at."""
        return not self.only and self.limit is None
