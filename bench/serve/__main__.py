"""The service beside Datasette, ROAPI and nginx, all with the same table: `make bench-serve`.

Each server runs alone while it is measured, on the machine that also runs the client. Requests are wrk's, downloads
are curl's. The figures are written into docs/performance.md.
"""

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Final

from bench.serve.data import made
from bench.serve.load import Load
from bench.serve.measures import Bench, Figures
from bench.serve.page import publish, table

ROWS: Final = 10_000_000
PARTS: Final = ("minshu", "datasette", "roapi", "files", "attacks", "memory")


def main() -> None:
    """Measure what is asked for."""
    options = _options()
    for tool in ("wrk", "nginx", "curl"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is needed, and is not installed.")
    data = made(options.rows, fresh=options.fresh)
    kept = data.folder / "figures.json"
    bench = Bench(data, options.workers, Load(options.seconds, options.runs), _kept(kept) if options.only else {})
    start = time.monotonic()
    for part in options.only or PARTS:
        getattr(bench, part)()
        kept.write_text(json.dumps([[*names, figure] for names, figure in bench.figures.items()]), "utf-8")
        print(f"{part}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    print(table(bench.figures))
    if options.rows == ROWS:
        publish(bench)


def _kept(path: Path) -> Figures:
    """The figures of the last run, for one that measures a part again."""
    found = json.loads(path.read_text("utf-8")) if path.exists() else []
    return {(server, measure): figure for server, measure, figure in found}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench-serve", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="the rows of the table")
    parser.add_argument("--workers", type=int, default=1, help="server processes of ours, and of nginx")
    parser.add_argument("--seconds", type=float, default=4, help="how long each run lasts")
    parser.add_argument("--runs", type=int, default=3, help="how many runs there are, of which the median counts")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="measure a part again, and keep the rest")
    parser.add_argument("--fresh", action="store_true", help="publish our release again: what a release holds changed")
    return parser.parse_args()


if __name__ == "__main__":
    main()
