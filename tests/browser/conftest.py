"""Debian's Chromium, and a service with all that it is to look at."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.site import LANGUAGES, publish_all, serving
from tests.browser.visit import CHROMIUM, Visit, launched, window

# What a page does may take a process of its own, and the machine may be busy: nothing here is about speed.
expect.set_options(timeout=60_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. Where there is none the tests say so; in continuous integration they fail."""
    if CHROMIUM is None:
        reason = "there is no Chromium here (on Debian: apt install chromium fonts-noto-cjk)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service with everything."""
    with serving(publish_all(tmp_path_factory.mktemp("site"))) as address:
        yield address


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Each language of the pages in turn."""
    return str(request.param)


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """With JavaScript, and without it."""
    return bool(request.param)


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Callable[..., Visit]]:
    """Open a window in a language; further words are playwright's."""
    with ExitStack() as windows:
        yield lambda language, size="desk", **options: windows.enter_context(
            window(browser, address, language, size, **options)
        )


@pytest.fixture
def visit(opened: Callable[..., Visit], language: str, scripts: bool) -> Visit:
    """A window in each language, with JavaScript and without."""
    return opened(language, java_script_enabled=scripts)
