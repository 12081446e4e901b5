"""Makes the earlier releases again, one folder each: `build/fujian-divisions/VERSION/`.

Each is the table as it stood at the end of a year in which it changed, with the changelog up to there. `make store`
publishes those that a store does not have yet, and then the newest.

    python datasets/fujian-divisions/source/earlier.py
"""

import json
import re
from pathlib import Path

from build import Edition, divisions, editions, write

PACKAGE = Path(__file__).resolve().parent.parent
BUILD = PACKAGE.parent.parent / "build" / PACKAGE.name


def earlier(package: Path = PACKAGE) -> tuple[Edition, ...]:
    """Every edition but the one that the package is."""
    version = json.loads((package / "datapackage.json").read_text("utf-8"))["version"]
    return tuple(edition for edition in editions(divisions()) if edition.version != version)


def make(edition: Edition, target: Path, package: Path = PACKAGE) -> None:
    """The package of one edition: the newest one's descriptor and changelog, as far as they were true then."""
    write(edition.divisions, target / "data")
    descriptor = json.loads((package / "datapackage.json").read_text("utf-8"))
    descriptor["version"] = edition.version
    descriptor["minshu:opening"]["dataPeriod"]["end"] = f"{edition.year}-12-31"
    text = json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"
    (target / "datapackage.json").write_text(text, "utf-8")
    (target / "CHANGELOG.md").write_text(
        _up_to(edition.version, (package / "CHANGELOG.md").read_text("utf-8")), "utf-8"
    )


def _up_to(version: str, changelog: str) -> str:
    """The changelog without the entries above a version's."""
    head, *entries = re.split(r"^(?=## )", changelog, flags=re.MULTILINE)
    begun = next(place for place, entry in enumerate(entries) if entry.startswith(f"## {version}\n"))
    return head + "".join(entries[begun:])


if __name__ == "__main__":
    made = earlier()
    for edition in made:
        make(edition, BUILD / edition.version)
    print(f"{len(made)} earlier releases")
