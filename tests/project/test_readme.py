"""The examples of the README pages: run as they stand, their output held against what the page shows."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"^```(sh|python)\n((?:(?!```).*\n)+?)```\n\n```text\n((?:(?!```).*\n)+)```", re.MULTILINE)
EXAMPLES = [
    pytest.param(*example, id=f"{page}-{number}")
    for page in ("README.md", "README.zh.md")
    for number, example in enumerate(EXAMPLE.findall((ROOT / page).read_text("utf-8")), start=1)
]


def test_the_pages_have_their_examples() -> None:
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize(("language", "code", "output"), EXAMPLES)
def test_an_example_prints_what_the_page_shows(
    service: str, tmp_path: Path, language: str, code: str, output: str
) -> None:
    if language == "sh" and shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    interpreter = {"sh": ["bash", "-c"], "python": [str(ROOT / ".venv-clients/bin/python"), "-c"]}[language]
    command = [*interpreter, code.replace("http://127.0.0.1:8000", service)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == (output, 0), done.stderr
