"""A reader that never rests: it reads the newest release through the library, over and over, and tells what was wrong.

One that is mixed of two would differ in its rows, which all name their version, or in a digest.
"""

import json
import sys
import threading
from pathlib import Path

from minshu.browse import Library
from minshu.errors import MinshuError
from minshu.filters import RowQuery
from minshu.settings import Settings
from minshu.store import Store
from minshu.verify import verify_release
from minshu.versions import precedes


def main(root: str, name: str) -> None:
    settings = Settings(store=Path(root))
    store, ended = Store(settings.store), threading.Event()
    threading.Thread(target=_wait_for_the_end, args=[ended], daemon=True).start()
    library, wrong, seen, last = Library(store, settings), [], 0, "0.0.0"
    while not ended.wait(0.02):
        try:
            release = library.release(name, "latest")
            pages = [release.table(table.name).page(RowQuery(), 1000) for table in release.manifest.tables]
            said = {str(row[1]) for page in pages for row in page.rows}
            if said != {release.version}:
                wrong.append(f"{release.version} has rows of {sorted(said)}")
            if precedes(release.version, last):
                wrong.append(f"{release.version} came back after {last}")
            verify_release(store.release(name, release.version))
            seen, last = seen + (release.version != last), release.version
        except MinshuError as error:
            wrong.append(f"{type(error).__name__}: {error}")
    library.close()
    sys.stdout.write(json.dumps({"wrong": wrong, "seen": seen}))


def _wait_for_the_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


main(*sys.argv[1:])
