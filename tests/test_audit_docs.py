"""docs/audit.md: what it says of the log is so, and its few lines of shell tell a broken log."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from minshu.audit import Actor, AuditLog, Entry

PAGE = (Path(__file__).parents[1] / "docs/audit.md").read_text("utf-8")


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    log = AuditLog(tmp_path)
    for version in ("1.0.0", "1.0.1"):
        log.append("withdrawn", Actor("operator", "x"), "demo", version, {"reason": '错 "行" \\ / 1e2'})
    return log


def test_every_member_of_an_entry_is_documented(log: AuditLog) -> None:
    documented = {
        name
        for cell in re.findall(r"^\| (`[^|]+`) \|", PAGE.partition("| act |")[0], re.MULTILINE)
        for name in re.findall(r"`(\w+)`", cell)
    }
    assert documented == {*Entry.model_fields, "sha256"} - {"data"}


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_the_lines_of_shell_verify_the_log_and_find_a_change(log: AuditLog, tmp_path: Path) -> None:
    script = re.search(r"```sh\n(previous=.*?)```", PAGE, re.DOTALL)
    assert script
    whole = b"".join(entry.data for entry in log.entries())
    for changed, code in ((whole, 0), (whole.replace(b"demo", b"demi", 1), 1)):
        (tmp_path / "log.ndjson").write_bytes(changed)
        ran = subprocess.run(["sh", "-c", script[1]], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ran.returncode == code, ran
        assert (log.verify().sha256 in ran.stdout.split()) is (code == 0)
