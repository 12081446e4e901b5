"""From a change to the outcome of every package that it touches."""

from collections.abc import Sequence
from pathlib import Path

from minshu.catalogue import Catalogue, skipped_rules_words
from minshu.ci.changes import changed_paths
from minshu.ci.examine import examine
from minshu.ci.outcome import Outcome
from minshu.ci.released import Nowhere, Released
from minshu.ci.scope import Scope, all_packages, named, touched
from minshu.errors import RulesError
from minshu.publish import Progress
from minshu.settings import Settings

UNKNOWN = "Nothing tells what changed here, so every package was looked at."
FIRST = "Nothing was released before that is known here, so nothing was compared: name a store or a service."


def run(paths: Sequence[Path], base: str | None, released: Released, settings: Settings, progress: Progress) -> Outcome:
    """Look at the packages of some paths, or at those that a change since `base` touches.

    Raises ChangesUnknown, PackageNotFound, RulesError, DownloadError or StoreError where there is no answer.
    """
    catalogue = Catalogue(settings.catalogue)
    notes = []
    if paths:
        scope = named(catalogue, paths)
    else:
        scope, known = _changed(catalogue, base)
        notes += [] if known else [UNKNOWN]
    notes += [f"{name} is no dataset any more. Its releases stay until they are withdrawn." for name in scope.gone]
    if isinstance(released, Nowhere) and scope.packages:
        notes.append(FIRST)
    examined = []
    for path in scope.packages:
        progress(f"Rehearsing {path}")
        if skipped := catalogue.skipped_rules(path):
            raise RulesError(skipped_rules_words(skipped))
        examined.append(examine(path, catalogue.rules_for(path), released, settings, progress))
    return Outcome(tuple(examined), tuple(notes))


def _changed(catalogue: Catalogue, base: str | None) -> tuple[Scope, bool]:
    changed = changed_paths(catalogue.root, base)
    return (all_packages(catalogue), False) if changed is None else (touched(catalogue, changed), True)
