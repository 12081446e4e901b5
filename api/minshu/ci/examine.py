"""A package is rehearsed: published into a store that is thrown away, and held against what was released before.

So what passes here is what `minshu publish` accepts, to the last refusal.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from minshu.changelog import notes_of
from minshu.ci.examined import Examined, changelog_problem, version_problem
from minshu.ci.released import Released, States
from minshu.ci.versioning import least, taken, too_small
from minshu.descriptors import opened
from minshu.diff import compared, released_side
from minshu.diff.versioning import base_of, is_enough
from minshu.errors import InvalidPackage, PackageError, PublishError
from minshu.manifest import PACKAGE
from minshu.publish import Progress, publish
from minshu.report import Finding, Report, package_error
from minshu.settings import Settings
from minshu.standing import GONE
from minshu.store import Store, StoredRelease
from minshu.versions import precedes

CHANGELOG = "CHANGELOG.md"


def examine(path: Path, rules: Path | None, released: Released, settings: Settings, progress: Progress) -> Examined:
    """Rehearse a package, and say what it takes to release it.

    Raises RulesError, DownloadError or StoreError where that cannot be said.
    """
    unsigned = settings.model_copy(update={"signing_key": None})
    with TemporaryDirectory(prefix="minshu-ci-") as scratch:
        found = Examined(path, Report())
        try:
            with opened(path, settings) as package:
                found = replace(found, name=package.name, version=package.version)
                rehearsed = publish(package, rules, Store(Path(scratch)), unsigned, progress)
        except InvalidPackage as error:
            return replace(found, report=cast("Report", error.report))
        except (PackageError, PublishError) as error:
            return replace(found, report=Report(errors=(package_error(str(error)),)))
        progress(f"Comparing {path}")
        found = replace(found, report=rehearsed.report or found.report)
        return _compared(found, rehearsed.release, released, settings)


def _compared(found: Examined, new: StoredRelease, released: Released, settings: Settings) -> Examined:
    """What is said of a package whose content is right."""
    name, version = new.manifest.name, new.manifest.version
    states = released.versions(name)
    if states.get(version) in GONE:
        return _with(found, version_problem(f"version {version} is {states[version]}, and never used again"))
    if version in states and _same_files(released.release(name, version), new):
        return replace(found, base=version, released=True)
    base = _base(version, states)
    if base is None:
        return _with(found, *_out_of_order(version, states), *_changelog_problems(new))
    difference = compared(released_side(released.release(name, base)), released_side(new), settings.publish_memory)
    found = replace(found, base=base, difference=difference)
    return _with(found, *_version_problems(found, is_taken=version in states), *_changelog_problems(new))


def _with(found: Examined, *problems: Finding) -> Examined:
    return replace(found, problems=problems)


def _base(version: str, states: States) -> str | None:
    """The release to compare with: the one that `publish` takes for the version; the latest where it is taken."""
    whole = [one for one, state in states.items() if state not in GONE]
    return next(iter(base_of(whole, None if version in states else version)), None)


def _same_files(old: StoredRelease, new: StoredRelease) -> bool:
    return old.manifest.package_files == new.manifest.package_files


def _out_of_order(version: str, states: States) -> Iterator[Finding]:
    if states and not any(precedes(known, version) for known in states):
        yield version_problem(f"version {version} comes after no release; the latest is {next(iter(states))}")


def _version_problems(found: Examined, *, is_taken: bool) -> Iterator[Finding]:
    version, base, difference = str(found.version), str(found.base), found.difference
    if difference is None:
        return
    lowest = least(base, difference.verdict)
    if is_taken:
        yield version_problem(taken(version, lowest, difference))
    elif not is_enough(base, version, difference.verdict):
        yield version_problem(too_small(version, lowest, difference))


def _changelog_problems(new: StoredRelease) -> Iterator[Finding]:
    """An entry of the changelog for the version, which is missing."""
    path, version = new.folder / PACKAGE / CHANGELOG, new.manifest.version
    told = notes_of(path.read_text("utf-8", "replace"), version) if path.is_file() else None
    if told is None:
        lack = f"{CHANGELOG} has no entry for {version}" if path.is_file() else f"there is no {CHANGELOG}"
        yield changelog_problem(f"{lack}: say below a heading `## {version}` what changed")
