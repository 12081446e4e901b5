"""The command line as its users run it: exit codes, and what goes to stdout and stderr."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zipfile import ZipFile

import pytest
from typer.main import get_command

from minshu.applications import Applications
from minshu.audit import AuditLog
from minshu.cli.app import app
from minshu.feedback import About, Feedback
from minshu.feedback import Kind as FeedbackKind

Run = Callable[..., subprocess.CompletedProcess[str]]

DOCS = Path(__file__).parents[2] / "docs"


def test_a_valid_package_exits_0_and_says_so(minshu: Run, make_package: Any) -> None:
    done = minshu("validate", make_package())
    assert (done.returncode, done.stderr) == (0, "")
    assert "valid (1 table, 3 rows" in done.stdout


def test_an_invalid_package_exits_1_with_row_field_value_and_what_was_expected(minshu: Run, make_package: Any) -> None:
    done = minshu("validate", make_package({"data/items.csv": "编号,名称,金额\n1,甲,很多\n"}))
    assert done.returncode == 1
    assert re.search(
        r"items \(data/items\.csv\): 1 error\n  row 2 +field 3 金额 +'很多' +expected a number",
        done.stdout,
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("编号,名称,金额\n,甲,\n", "a value is required"),
        ("编号,名称,金额\n1,,\n1,,\n", "the same as in the row at position 2"),
        ("编号,名称\n1,甲\n", "missing"),
    ],
)
def test_a_report_says_what_was_expected(minshu: Run, make_package: Any, content: str, words: str) -> None:
    assert words in minshu("validate", make_package({"data/items.csv": content})).stdout


def test_what_could_not_be_checked_exits_2_with_one_sentence(minshu: Run) -> None:
    done = minshu("validate", "absent")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "minshu: There is nothing at 'absent'.\n")


@pytest.mark.parametrize(
    ("descriptor", "code"), [("{", 1), ('{"resources": [{"name": "a", "path": "/etc/passwd"}]}', 1), (None, 2)]
)
def test_json_is_always_a_report_even_of_a_refused_descriptor(
    minshu: Run, tmp_path: Path, descriptor: str | None, code: int
) -> None:
    if descriptor is not None:
        (tmp_path / "datapackage.json").write_text(descriptor, "utf-8")
    done = minshu("validate", "datapackage.json", "--format", "json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["valid"], len(report["errors"])) == (code, False, 1)
    assert done.stderr.startswith("minshu: ")


@pytest.mark.parametrize("format_", ["html", "junit", "sarif", "github", "markdown"])
def test_every_format_for_files_is_printed_even_of_a_refused_descriptor(
    minshu: Run, tmp_path: Path, format_: str
) -> None:
    (tmp_path / "datapackage.json").write_text("{", "utf-8")
    done = minshu("validate", "datapackage.json", "--format", format_)
    assert (done.returncode, "cannot be parsed" in done.stdout) == (1, True)


@pytest.mark.parametrize("words", [("validate", "package"), ("validate", "package/datapackage.json")])
def test_annotations_name_the_file_as_seen_from_the_current_directory(
    minshu: Run, make_package: Any, words: tuple[str, ...]
) -> None:
    make_package({"data/items.csv": '编号,名称,金额\n1,"甲\n乙",1\n2,丙,很多\n'})
    done = minshu(*words, "--format", "github")
    assert done.returncode == 1
    assert "::error file=package/data/items.csv,line=4,title=Wrong type::" in done.stdout


def test_an_absolute_path_inside_the_current_directory_becomes_a_relative_one(minshu: Run, make_package: Any) -> None:
    done = minshu("validate", make_package({"data/items.csv": "编号,名称,金额\nx,,\n"}), "--format", "sarif")
    assert '"uri": "package/data/items.csv"' in done.stdout


def test_the_language_is_the_locales_unless_it_is_named(minshu: Run, make_package: Any) -> None:
    package = make_package({"data/items.csv": "编号,名称,金额\nx,,\n"})
    assert "应为整数" in minshu("validate", package, LC_ALL="zh_CN.UTF-8").stdout
    assert "expected an integer" in minshu("validate", package, "--lang", "en", LC_ALL="zh_CN.UTF-8").stdout


def test_a_single_file_and_a_zip_can_be_validated(minshu: Run, make_package: Any, tmp_path: Path) -> None:
    folder = make_package()
    with ZipFile(tmp_path / "demo.zip", "w") as zipped:
        zipped.write(folder / "datapackage.json", "datapackage.json")
        zipped.write(folder / "data/items.csv", "data/items.csv")
    assert minshu("validate", tmp_path / "demo.zip").returncode == 0
    assert minshu("validate", folder / "data/items.csv").returncode == 0


def test_the_catalogues_rules_are_found_by_the_datasets_name(minshu: Run, make_package: Any, tmp_path: Path) -> None:
    package = make_package(folder="datasets/my-name")
    (tmp_path / "validators").mkdir()
    (tmp_path / "validators/my_name.py").write_text(
        "from minshu.checks import Rule\n"
        "RULES = (Rule(name='none', table='items', description='No rows.', sql='select _row from items'),)\n",
        "utf-8",
    )
    assert minshu("validate", package).stdout.count("No rows. (none)") == 3
    assert minshu("validate", package, "--catalogue", tmp_path / "elsewhere").returncode == 0


def test_rules_are_never_skipped_in_silence(minshu: Run, make_package: Any, tmp_path: Path) -> None:
    package = make_package(folder="elsewhere/datasets/demo")
    (tmp_path / "elsewhere/validators").mkdir()
    (tmp_path / "elsewhere/validators/demo.py").write_text("RULES = ()\n", "utf-8")
    assert "validators/demo.py were not run" in minshu("validate", package).stdout
    refused = minshu("publish", package)
    assert (refused.returncode, "validators/demo.py were not run" in refused.stderr) == (2, True)
    assert minshu("publish", package, "--catalogue", "elsewhere").returncode == 0
    assert "were not run" not in minshu("validate", package, "--catalogue", "elsewhere").stdout


def test_a_damaged_release_does_not_hide_the_others_from_list(minshu: Run, make_package: Any, tmp_path: Path) -> None:
    for version in ("1.0.0", "1.1.0"):
        minshu("publish", make_package(version=version))
    (tmp_path / "store/demo/1.1.0/release.json").write_bytes(b"{}")
    done = minshu("list")
    assert (done.returncode, done.stdout.split("\t")[:2]) == (1, ["demo", "1.0.0"])
    assert "demo/1.1.0/release.json is damaged" in done.stderr


def test_publishing_prints_the_releases_folder(minshu: Run, make_package: Any, tmp_path: Path) -> None:
    done = minshu("publish", make_package(), "--store", "s")
    assert (done.returncode, done.stdout) == (0, "s/demo/1.0.0\n")
    assert (tmp_path / "s/demo/1.0.0/release.json").is_file()


def test_several_packages_are_published_in_their_order_and_the_first_refusal_ends_it(
    minshu: Run, make_package: Any, tmp_path: Path
) -> None:
    good, later = (make_package(folder=version, version=version) for version in ("1.0.0", "1.2.0"))
    bad = make_package({"data/items.csv": "编号,名称,金额\nx,,\n"}, folder="bad", version="1.1.0")
    done = minshu("publish", good, bad, later)
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, "store/demo/1.0.0")
    assert [path.name for path in (tmp_path / "store/demo").iterdir()] == ["1.0.0"]
    done = minshu("publish", good, later)
    assert (done.returncode, done.stdout) == (0, "store/demo/1.0.0\nstore/demo/1.2.0\n")
    assert minshu("publish", good, later, "--version", "2.0.0").returncode == 2


def test_publishing_twice_is_a_success(minshu: Run, make_package: Any) -> None:
    package = make_package()
    minshu("publish", package)
    done = minshu("publish", package)
    assert (done.returncode, done.stderr) == (0, "demo 1.0.0 was published already.\n")


def test_publishing_an_invalid_package_exits_1_with_its_report(minshu: Run, make_package: Any, tmp_path: Path) -> None:
    done = minshu("publish", make_package({"data/items.csv": "编号,名称,金额\nx,,\n"}))
    assert done.returncode == 1
    assert "expected an integer" in done.stdout
    assert done.stderr.endswith("nothing was published.\n")
    assert not (tmp_path / "store/demo").exists()


def test_a_name_and_a_version_can_be_given(minshu: Run, make_package: Any, tmp_path: Path) -> None:
    package = make_package(name=None, version=None)
    assert minshu("publish", package).returncode == 1
    assert minshu("publish", package, "--name", "given", "--version", "0.1.0").stdout == "store/given/0.1.0\n"
    descriptor = json.loads((tmp_path / "store/given/0.1.0/package/datapackage.json").read_bytes())
    assert (descriptor["name"], descriptor["version"]) == ("given", "0.1.0")


def test_list_tells_releases_newest_first_with_their_digests(minshu: Run, make_package: Any) -> None:
    for version in ("1.0.0", "1.1.0"):
        minshu("publish", make_package(version=version))
    rows = [line.split("\t") for line in minshu("list").stdout.splitlines()]
    assert [row[:2] for row in rows] == [["demo", "1.1.0"], ["demo", "1.0.0"]]
    assert all(re.fullmatch(r"[0-9a-f]{64}", row[3]) for row in rows)


def test_verify_exits_1_and_names_the_file_that_differs(minshu: Run, make_package: Any, tmp_path: Path) -> None:
    minshu("publish", make_package())
    assert minshu("verify").returncode == 0
    file = tmp_path / "store/demo/1.0.0/package/data/items.csv"
    file.write_bytes(file.read_bytes().replace(b"1.10", b"1.11"))
    done = minshu("verify")
    assert (done.returncode, "package/data/items.csv: has SHA-256" in done.stderr) == (1, True)


def test_an_empty_store_is_clean_and_an_absent_one_is_a_mistake(minshu: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert minshu("verify", "--store", "empty").returncode == 0
    for command in ("verify", "list"):
        done = minshu(command, "--store", "absent")
        assert (done.returncode, done.stderr[:38]) == (2, "minshu: There is no store at absent. P")


@pytest.mark.parametrize(
    "words",
    [
        ("validate", "package", "--rules", "absent.py"),
        ("validate", "folder.zip"),
        ("get", "demo", "--from", "http://[::1"),
        ("publish", "package", "--store", "/dev/null/store"),
        ("serve", "--store", "store", "--cache", "/dev/null/cache"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    minshu: Run, make_package: Any, tmp_path: Path, words: tuple[str, ...]
) -> None:
    make_package()
    (tmp_path / "folder.zip").mkdir()
    done = minshu(*words)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert done.stderr.splitlines()[-1].startswith("minshu: ")


def test_a_dataset_that_is_a_link_keeps_its_rules_and_a_file_in_it_has_none(
    minshu: Run, make_package: Any, tmp_path: Path
) -> None:
    package = make_package(folder="elsewhere")
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets/demo").symlink_to(package)
    (tmp_path / "validators").mkdir()
    (tmp_path / "validators/demo.py").write_text("raise ValueError('loaded')\n", "utf-8")
    assert "ValueError: loaded" in minshu("validate", "datasets/demo").stderr
    assert "ValueError: loaded" in minshu("validate", "datasets/demo/datapackage.json").stderr
    assert minshu("validate", "datasets/demo/data/items.csv").returncode == 0


def test_inline_writes_schemas_into_descriptors_once(minshu: Run, make_package: Any, tmp_path: Path) -> None:
    package = make_package(folder="datasets/demo")
    schema = tmp_path / "schemas/demo/items.json"
    schema.parent.mkdir(parents=True)
    schema.write_text('{"fields": [{"name": "编号", "type": "string"}]}', "utf-8")
    assert minshu("inline").stdout == "datasets/demo/datapackage.json\n"
    (resource,) = json.loads((package / "datapackage.json").read_bytes())["resources"]
    assert resource["schema"] == {"fields": [{"name": "编号", "type": "string"}]}
    assert minshu("inline").stdout == ""


def test_a_wrong_setting_is_said_in_one_sentence(minshu: Run) -> None:
    done = minshu("list", MINSHU_PORT="many")
    assert done.returncode == 2
    assert done.stderr.startswith("minshu: The configuration is wrong. port (MINSHU_PORT): ")


def test_an_option_wins_over_the_environment_and_that_over_the_file(
    minshu: Run, make_package: Any, tmp_path: Path
) -> None:
    (tmp_path / "minshu.toml").write_text('store = "from-file"\n', "utf-8")
    package = make_package()
    assert minshu("publish", package).stdout.startswith("from-file/")
    assert minshu("publish", package, MINSHU_STORE="from-env").stdout.startswith("from-env/")
    assert minshu("publish", package, "--store", "given", MINSHU_STORE="from-env").stdout.startswith("given/")


def leaves(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The commands that do something, by their names behind `minshu`: those of a group stand below it."""
    for word, child in getattr(command, "commands", {}).items():
        if hasattr(child, "commands"):
            yield from leaves(child, f"{name}{word} ")
        else:
            yield f"{name}{word}", child


def test_a_token_is_told_once_and_then_only_listed_and_revoked(minshu: Run, tmp_path: Path) -> None:
    made = minshu("token", "create", "--scope", "publish:demo", "--label", "数据局", "--store", "store")
    assert re.fullmatch(r"minshu_[a-z0-9]{12}_[A-Za-z0-9_-]{43}\n", made.stdout)
    identifier = made.stdout.split("_")[1]
    assert minshu("token", "revoke", identifier, "--store", "store").returncode == 0
    listed = minshu("token", "list", "--store", "store").stdout.rstrip("\n").split("\t")
    assert [*listed[:2], *listed[3:]] == [identifier, "revoked", "publish:demo", "数据局"]


@pytest.mark.parametrize("words", [["--scope", "push:demo"], ["--scope", "read:demo", "--expires", "soon"]])
def test_a_token_that_is_asked_for_wrongly_is_not_made(minshu: Run, tmp_path: Path, words: list[str]) -> None:
    result = minshu("token", "create", *words, "--store", "store")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("minshu: ")
    assert not (tmp_path / "store").exists()


def test_applications_are_listed_and_decided(minshu: Run, tmp_path: Path) -> None:
    applications = Applications(AuditLog(tmp_path / "store"))
    first, _ = applications.receive("demo", "研究\n\t\x1b[2J公交", "30d", "李四", 9)
    second, _ = applications.receive("demo", "b", "30d", "c", 9)
    listed = minshu("access", "list", "--store", "store").stdout.splitlines()
    assert [line.split("\t")[0:3] for line in listed] == [[one.id, "demo", "received"] for one in (first, second)]
    assert listed[0].endswith("\t李四\t研究   [2J公交")
    granted = minshu("access", "grant", first.id, "--reason", "可", "--store", "store")
    assert (granted.returncode, granted.stdout) == (0, "")
    assert granted.stderr.startswith(f"{first.id} may read demo, until ")
    assert minshu("access", "grant", first.id, "--reason", "可", "--store", "store").returncode == 1
    assert [one.state for one in applications.all()] == ["granted", "received"]


def test_an_application_is_overdue_when_its_working_days_are_over(minshu: Run, tmp_path: Path) -> None:
    applications = Applications(AuditLog(tmp_path / "store"))
    with patch("minshu.audit.datetime") as clock:
        clock.now.return_value = datetime.now(UTC) - timedelta(days=60)
        old, _ = applications.receive("demo", "a", "30d", "b", 9)
    new, _ = applications.receive("demo", "a", "30d", "b", 9)
    result = minshu("access", "list", "--store", "store")
    states = {line.split("\t")[0]: line.split("\t")[2] for line in result.stdout.splitlines()}
    assert states == {old.id: "overdue", new.id: "received"}
    assert "1 is overdue: 20 working days are over." in result.stderr


def test_every_command_and_option_is_documented() -> None:
    page = (DOCS / "cli.md").read_text("utf-8")
    commands = dict(leaves(get_command(app)))
    documented = set(re.findall(r"^## `minshu ([a-z]+(?: [a-z]+)*)", page, re.MULTILINE))
    assert documented == set(commands)
    for name, command in commands.items():
        section = page.split(f"## `minshu {name}")[1].split("\n## ")[0]
        options = {word for parameter in command.params for word in parameter.opts if word.startswith("--")} - {
            "--help"
        }
        assert set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE)) == options, name


def test_a_push_without_a_token_or_to_nobody_is_one_sentence_and_exit_code_2(
    minshu: Run, make_package: Any, tmp_path: Path
) -> None:
    package = make_package()
    result = minshu("push", package, "--to", "http://127.0.0.1:1")
    assert (result.returncode, result.stdout) == (2, "")
    assert "needs a token: name the file that has it with --token-file" in result.stderr
    (tmp_path / "token").write_text("minshu_x\n")
    result = minshu("push", package, "--to", "ftp://x", "--token-file", "token")
    assert (result.returncode, result.stdout) == (2, "")
    assert "not an address" in result.stderr


def test_every_command_of_operations_exists_with_its_options() -> None:
    commands = dict(leaves(get_command(app)))
    lines = re.findall(r"\bminshu ((?:[a-z]+ ?)+[^`\n|]*)", (DOCS / "operations.md").read_text("utf-8"))
    assert len(lines) > 20
    for line in lines:
        name = max((name for name in commands if f"{line} ".startswith(f"{name} ")), key=len, default=None)
        assert name or line.split()[0] in ("key", "token"), line
        if name:
            options = {word for parameter in commands[name].params for word in parameter.opts}
            assert set(re.findall(r" (--[a-z-]+)", line)) <= options, line


def test_a_message_is_published_answered_closed_and_redacted(minshu: Run, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        result = minshu("feedback", *words, "--store", "store")
        assert result.returncode == 0, result.stderr
        return result.stdout

    feedback = Feedback(AuditLog(tmp_path / "store"))
    one = feedback.receive(FeedbackKind.error, "金额\n\u200c有误\t[2J", About("demo", "1.0.0", "表", ("1",)), 9)
    two = feedback.receive(FeedbackKind.request, "公交", About(), 9)
    listed = [line.split("\t") for line in run("list").splitlines()]
    assert [line[:4] for line in listed] == [[one.id, "received", "error", "demo"], [two.id, "received", "request", ""]]
    assert listed[0][6] == "金额  有误 [2J"
    assert [line.split("\t")[0] for line in run("list", "--dataset", "demo").splitlines()] == [one.id]
    run("publish", one.id, two.id)
    run("answer", one.id, "--text", "已更正")
    assert [line.split("\t")[0] for line in run("list").splitlines()] == [two.id]
    run("close", one.id, "--reason", "办结")
    run("reject", two.id, "--reason", "重复")
    assert run("list") == ""
    assert len(run("list", "--all").splitlines()) == 2
    shown = run("show", one.id)
    assert all(word in shown for word in ("error", "closed", "demo 1.0.0 表 1", "有误", "已更正", "办结", "operator"))
    run("redact", one.id, "--reason", "涉及个人", "--answers")
    assert "有误" not in run("show", one.id)
    late = minshu("feedback", "publish", one.id, "--store", "store")
    assert (late.returncode, late.stderr) == (
        1,
        f"minshu: The message {one.id} is closed: this cannot be done to it.\n",
    )
    assert minshu("audit", "verify", "--store", "store").returncode == 0


def test_a_message_is_overdue_when_its_working_days_are_over(minshu: Run, tmp_path: Path) -> None:
    feedback = Feedback(AuditLog(tmp_path / "store"))
    with patch("minshu.audit.datetime") as clock:
        clock.now.return_value = datetime.now(UTC) - timedelta(days=60)
        feedback.receive(FeedbackKind.request, "公交", About(), 9)
    feedback.receive(FeedbackKind.request, "公交", About(), 9)
    result = minshu("feedback", "list", "--store", "store")
    assert "1 is overdue: 10 working days are over." in result.stderr
