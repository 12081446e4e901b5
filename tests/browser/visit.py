"""A browser, and windows that note what it complained of and what it asked for."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, Response, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"phone": (390, 844), "desk": (1280, 800)}


@contextmanager
def launched() -> Iterator[Browser]:
    """Debian's Chromium, running."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A window on a service, whose pages it opens in one language."""

    page: Page
    address: str
    language: str
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"{request.url} failed"))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("response", lambda answer: self.answers.append(answer))

    def go(self, path: str) -> int:
        """Open a page of the service. Gives its status."""
        answer = self.page.goto(f"{self.address}/{self.language}{path}")
        assert answer
        return answer.status

    def said(self, zh: str, en: str) -> str:
        """Words of a page, in the language of this window."""
        return {"zh": zh, "en": en}[self.language]

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def cells(self) -> list[list[str]]:
        """The texts of the last table's body."""
        rows = self.page.locator("table").last.locator("tbody tr").all()
        return [row.locator("th, td").all_inner_texts() for row in rows]


@contextmanager
def window(browser: Browser, address: str, language: str, size: str = "desk", **options: Any) -> Iterator[Visit]:
    """A new window, which knows nothing of others: no cookie, no kept file."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    try:
        yield Visit(context.new_page(), address, language)
    finally:
        context.close()
