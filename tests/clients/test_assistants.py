"""The example of docs/mcp.md, run as whoever copies it would."""

import re
import subprocess
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


def test_the_documented_client_counts_and_cites(service: str, tmp_path: Path) -> None:
    page = (ROOT / "docs/mcp.md").read_text("utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    command = [str(ROOT / ".venv-clients/bin/python"), "-c", program.replace("http://127.0.0.1:8000", service)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("[[28]] ")
    assert f"{service}/datasets/work-points-2019/versions/" in done.stdout


def test_what_values_a_column_takes_is_described(service: str) -> None:
    arguments = {"dataset": "work-points-2019", "table": "targets"}
    params = {"name": "describe_dataset", "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    (table,) = httpx.post(f"{service}/mcp", json=message).json()["result"]["structuredContent"]["tables"]
    kind = next(column for column in table["columns"] if column["name"] == "kind")
    assert kind["constraints"] == "required; one of: quantitative, directional, nominal"
