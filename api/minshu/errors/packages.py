"""Data packages and rules files that cannot be read, described or compared."""

from minshu.errors.base import MinshuError


class PackageError(MinshuError):
    """A data package cannot be read."""

    code = "package-error"


class PackageNotFound(PackageError):
    """There is nothing at the path, or nothing that is a package."""

    code = "package-not-found"


class DescriptorInvalid(PackageError):
    """The descriptor is not one of a data package."""

    code = "descriptor-invalid"


class UnsafePath(PackageError):
    """A resource's path leaves its package: absolute, through `..`, through a link, or over the network."""

    code = "unsafe-path"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            f"The path {path!r} {reason}. Put the file inside the package and name it relative to the descriptor."
        )


class ArchiveRefused(PackageError):
    """A zip that is broken, too large, or that would unpack to something harmful."""

    code = "archive-refused"


class Undescribable(PackageError):
    """A data file for which no valid descriptor can be proposed."""

    code = "undescribable"

    def __init__(self, file: str, reason: str) -> None:
        self.file, self.reason = file, reason
        super().__init__(f"{file} cannot be described: {reason}.")


class ScaffoldRefused(PackageError):
    """A new catalogue or dataset would take the place of what is there, or has no name that it can have."""

    code = "scaffold-refused"


class RulesError(MinshuError):
    """A rules file is itself wrong: it does not load, or a rule of it cannot be run."""

    code = "rules-error"


class ChangesUnknown(MinshuError):
    """What changed since a commit cannot be told: it is not there, or there is no git."""

    code = "changes-unknown"
