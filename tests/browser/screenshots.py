"""Pictures of every page, for a person to look at: `make screenshots` leaves them in build/screenshots/.

`index.html` there shows all of them beside each other; words of the command choose pages by what their names hold.
"""

import sys
from html import escape
from itertools import product
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser
from tests.browser.site import LANGUAGES, PAGES, publish_all, serving
from tests.browser.visit import CHROMIUM, SIZES, launched, window
from tests.conftest import ROOT

FOLDER = ROOT / "build/screenshots"
WAYS = list(product(SIZES, LANGUAGES, ("light", "dark")))
SHEET = """<!doctype html><meta charset="utf-8"><title>Minshu: every page</title>
<style>body {{ font: 14px system-ui; margin: 2rem }} div {{ display: flex; gap: 1rem; overflow-x: auto }}
figure {{ margin: 0; flex: none }} img {{ height: 30rem; max-width: 40rem; object-fit: cover; object-position: top;
border: 1px solid #ccc }}</style>
{}"""


def taken(browser: Browser, address: str, name: str) -> list[Path]:
    """Take the pictures of a page, each in whole length."""
    files = []
    for size, language, theme in WAYS:
        file = FOLDER / f"{name.replace(' ', '-')}.{size}.{language}.{theme}.png"
        with window(browser, address, language, size, color_scheme=theme) as visit:
            visit.go(PAGES[name][0])
            visit.page.screenshot(path=file, full_page=True)
        files.append(file)
    return files


def sheet(pictures: dict[str, list[Path]]) -> str:
    """A page with all of them, a line for each page."""
    lines = (
        f"<h2>{escape(name)} <small>{escape(PAGES[name][0])}</small></h2><div>"
        + "".join(f'<figure><a href="{f.name}"><img src="{f.name}" alt="{f.stem}"></a></figure>' for f in files)
        + "</div>"
        for name, files in pictures.items()
    )
    return SHEET.format("\n".join(lines))


def main(*words: str) -> None:
    if CHROMIUM is None:
        sys.exit("There is no Chromium here (on Debian: apt install chromium fonts-noto-cjk).")
    names = [name for name in PAGES if not words or any(word in name for word in words)]
    rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with TemporaryDirectory() as folder, serving(publish_all(Path(folder))) as address, launched() as browser:
        pictures = {}
        for name in names:
            print(name, file=sys.stderr)
            pictures[name] = taken(browser, address, name)
    (FOLDER / "index.html").write_text(sheet(pictures), "utf-8")
    print(FOLDER / "index.html")


if __name__ == "__main__":
    main(*sys.argv[1:])
