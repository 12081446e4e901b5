"""How long the service takes for each page, with nothing kept from one request to the next: `make bench-pages`.

What is measured is an exchange with a service on this machine, one after the other: the median of some, in
milliseconds, and the bytes of the page.
"""

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx
from tests.browser.site import LANGUAGES, PAGES, publish_all, serving

RUNS = 9
WANTED = 50.0


def milliseconds(client: httpx.Client, path: str) -> tuple[float, int]:
    """The median time of a page after its first one, and its size."""
    answers = [client.get(path) for _ in range(1 + RUNS)]
    return median(answer.elapsed.total_seconds() * 1000 for answer in answers[1:]), len(answers[0].content)


def main() -> None:
    print(f"{'page':28} {'language':8} {'ms':>6} {'bytes':>8}")
    with (
        TemporaryDirectory() as folder,
        serving(publish_all(Path(folder)), MINSHU_ANSWER_CACHE_BYTES="0", MINSHU_SQL_CACHE_BYTES="0") as address,
        httpx.Client(base_url=address, headers={"Accept": "text/html"}, timeout=60) as client,
    ):
        for name, (path, _) in PAGES.items():
            for language in LANGUAGES:
                took, size = milliseconds(client, f"/{language}{path}")
                print(f"{name:28} {language:8} {took:6.1f} {size:8}{' !' if took > WANTED else ''}")


if __name__ == "__main__":
    main()
