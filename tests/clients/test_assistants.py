"""The example of docs/mcp.md, run as whoever copies it would."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_documented_client_counts_and_cites(service: str, tmp_path: Path) -> None:
    page = (ROOT / "docs/mcp.md").read_text("utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    command = [str(ROOT / ".venv-clients/bin/python"), "-c", program.replace("http://127.0.0.1:8000", service)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("[[28]] ")
    assert f"{service}/datasets/work-points-2019/versions/" in done.stdout
