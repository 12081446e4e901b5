"""Minshu (闽数): data packages validated, released immutably, and served for download and query."""

# As typing has it; importing typing would take most of the time that `import minshu` takes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from minshu.report import Report
    from minshu.settings import Settings

__all__ = ["validate"]


def validate(path: "str | Path", *, rules: "str | Path | None" = None, settings: "Settings | None" = None) -> "Report":
    """The report on what lies at a path: a descriptor, a folder or zip with one, or a single data file.

    `rules` is a rules file to run, by default the catalogue's own for this dataset; it is code. `settings` are those of
    the environment and of `minshu.toml`, if not given. A package that is invalid is a report, not an exception; raises
    MinshuError where there is nothing to judge: PackageNotFound, DescriptorInvalid, UnsafePath, ArchiveRefused,
    RulesError, SettingsError.
    """
    # Imported here so that `import minshu` costs nothing.
    from pathlib import Path

    from minshu.catalogue import Catalogue, skipped_rules_words
    from minshu.descriptors import opened
    from minshu.settings import Settings
    from minshu.validation import validate as run

    place, known = Path(path), settings or Settings.load()
    catalogue = Catalogue(known.catalogue)
    with opened(place, known) as package:
        report = run(package, Path(rules) if rules else catalogue.rules_for(place), known)
    skipped = None if rules else catalogue.skipped_rules(place)
    return report.with_warning(skipped_rules_words(skipped)) if skipped else report
