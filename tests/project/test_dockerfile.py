"""The image: read here without Docker, and its steps run in a scratch folder."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import httpx
import pytest
import yaml

from minshu.charts.renderer import MEMORY
from minshu.http.server import GRACE
from minshu.settings import Settings

FOLDERS = re.compile(r"(?<![\w./}])/(?=(?:opt|src|store|cache|catalogue|var)\b)")
# What only the root of a real machine may do; here they do nothing.
PRIVILEGED = ("apt-get", "chown", "groupadd", "useradd")


@dataclass(frozen=True)
class Instruction:
    """One instruction: its word, its `--flags` and the rest."""

    word: str
    flags: dict[str, str]
    rest: str


def parse(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    logical = [line.strip() for line in "\n".join(lines).replace("\\\n", " ").splitlines() if line.strip()]
    return [_instruction(line) for line in logical]


def _instruction(line: str) -> Instruction:
    word, rest = line.split(None, 1)
    flags: dict[str, str] = {}
    while flag := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
        flags[flag[1]] = flag[2]
        rest = rest[flag.end() :]
    return Instruction(word.upper(), flags, re.sub(r"\s{2,}", " ", rest) if word.upper() != "CMD" else rest)


@dataclass
class Machine:
    """A scratch folder that plays the file system of an image while its instructions are carried out."""

    context: Path
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "root"
    stage: str = ""
    healthcheck: tuple[str, ...] = ()
    command: tuple[str, ...] = ()

    @property
    def root(self) -> Path:
        """Where `/` is: the same place in every stage, so that what is copied between them still finds itself."""
        return self.folder / "root"

    @property
    def log(self) -> Path:
        """What the started commands print."""
        return self.folder / "log"

    def translated(self, text: str) -> str:
        """The text with the image's folders put under the scratch folder."""
        return FOLDERS.sub(f"{self.root}/", text)

    def run(self, instruction: Instruction) -> None:
        """Carry out one instruction."""
        getattr(self, f"_{instruction.word.lower()}")(instruction)

    def _arg(self, instruction: Instruction) -> None:
        name, _, value = instruction.rest.partition("=")
        self.variables[name] = value

    def _from(self, instruction: Instruction) -> None:
        if self.stage or self.root.exists():
            self.root.rename(self.folder / self.stage)
        self.root.mkdir(parents=True)
        _, _, self.stage = instruction.rest.partition(" AS ")
        self.env, self.workdir, self.user = {"PATH": f"{self._stubs()}:/usr/bin:/bin"}, "/", "root"

    def _stubs(self) -> Path:
        stubs = self.folder / "stubs"
        stubs.mkdir(exist_ok=True)
        python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
        scripts = dict.fromkeys(PRIVILEGED, "exit 0") | {"python": f'exec "{python}" "$@"'}
        for name, line in scripts.items():
            (stubs / name).write_text(f"#!/bin/sh\n{line}\n")
            (stubs / name).chmod(0o755)
        return stubs

    def _env(self, instruction: Instruction) -> None:
        for pair in shlex.split(instruction.rest):
            name, _, value = pair.partition("=")
            self.env[name] = self.translated(value).replace("$PATH", self.env["PATH"])

    def _workdir(self, instruction: Instruction) -> None:
        self.workdir = instruction.rest
        self._cwd().mkdir(parents=True, exist_ok=True)

    def _cwd(self) -> Path:
        return self.root / self.workdir.lstrip("/")

    def _copy(self, instruction: Instruction) -> None:
        *sources, target = instruction.rest.split()
        origin = self.folder / instruction.flags["from"] if "from" in instruction.flags else self.context
        place = self._cwd() / target if not target.startswith("/") else self.root / target.lstrip("/")
        for source in (origin / name.lstrip("/") for name in sources):
            if source.is_dir():
                shutil.copytree(source, place, symlinks=True, dirs_exist_ok=True)
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, place)

    def _run(self, instruction: Instruction) -> None:
        line = self.translated(instruction.rest)
        run = subprocess.run(
            ["sh", "-ec", line], cwd=self._cwd(), env=self.environment(), capture_output=True, text=True
        )
        assert run.returncode == 0, f"{instruction.rest}\n{run.stdout}\n{run.stderr}"

    def _user(self, instruction: Instruction) -> None:
        self.user = instruction.rest

    def _healthcheck(self, instruction: Instruction) -> None:
        self.healthcheck = tuple(json.loads(instruction.rest.removeprefix("CMD ")))

    def _cmd(self, instruction: Instruction) -> None:
        self.command = tuple(json.loads(instruction.rest))

    def _volume(self, instruction: Instruction) -> None:
        for name in json.loads(instruction.rest):
            assert (self.root / name.lstrip("/")).is_dir(), f"{name} is not made, so it would belong to root"

    def _expose(self, instruction: Instruction) -> None:
        assert instruction.rest == self.env["MINSHU_PORT"]

    def environment(self, **more: str) -> dict[str, str]:
        """The image's variables over this process's own, those of Minshu and of its environment left out."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(("MINSHU_", "PYTHON", "VIRTUAL_ENV", "COV_"))}
        return own | self.env | more

    def start(self, command: tuple[str, ...], **more: str) -> "subprocess.Popen[bytes]":
        """Start a command as the container would."""
        words = [self.translated(word) for word in command]
        with self.log.open("ab") as log:
            return subprocess.Popen(words, cwd=self._cwd(), env=self.environment(**more), stdout=log, stderr=log)


@pytest.fixture(scope="module")
def instructions(root: Path) -> list[Instruction]:
    """The Dockerfile's instructions."""
    return parse((root / "Dockerfile").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def service(root: Path) -> dict[str, object]:
    """The one service of compose.yaml."""
    (service,) = yaml.safe_load((root / "compose.yaml").read_text(encoding="utf-8"))["services"].values()
    assert isinstance(service, dict)
    return service


def told(service: dict[str, object]) -> dict[str, str]:
    """The settings that compose.yaml passes on, each with its value, or '' where it is that of the caller."""
    environment = service["environment"]
    assert isinstance(environment, list)
    return {
        name.removeprefix("MINSHU_").lower(): value
        for name, _, value in (str(entry).partition("=") for entry in environment)
    }


def words(instructions: list[Instruction], word: str) -> list[str]:
    """What stands behind every instruction of one kind."""
    return [instruction.rest for instruction in instructions if instruction.word == word]


def let_through(name: str, ignore: str) -> bool:
    """Whether .dockerignore lets a path of the folder reach the builder; the last rule that fits decides."""
    through = True
    for rule in (line for line in ignore.splitlines() if line and not line.startswith("#")):
        if fnmatch(name.split("/")[0], rule.removeprefix("!")):
            through = rule.startswith("!")
    return through


def test_continuation_lines_comments_and_flags_are_understood() -> None:
    text = "FROM a AS b\n# no\nRUN x \\\n  # nor this\n    && y\nCOPY --from=b --chown=1:1 /p q\n"
    assert parse(text) == [
        Instruction("FROM", {}, "a AS b"),
        Instruction("RUN", {}, "x && y"),
        Instruction("COPY", {"from": "b", "chown": "1:1"}, "/p q"),
    ]


def test_the_image_is_built_in_stages_on_a_slim_base_that_can_be_pinned(instructions: list[Instruction]) -> None:
    assert re.fullmatch(r"PYTHON_IMAGE=python:3\.\d+-slim(-\w+)?", words(instructions, "ARG")[0])
    assert words(instructions, "FROM") == ["${PYTHON_IMAGE} AS build", "${PYTHON_IMAGE}"]


def test_the_image_installs_as_the_makefile_does(instructions: list[Instruction], root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    installs = re.findall(
        r"-m pip (?:install|wheel) (.*?)(?: &&|$)", "\n".join(words(instructions, "RUN")), re.MULTILINE
    )
    assert [install for install in installs if install.startswith("--no-deps --require-hashes -r requirements/")] == [
        "--no-deps --require-hashes -r requirements/build.lock",
        "--no-deps --require-hashes -r requirements/runtime.lock",
    ]
    others = [install for install in installs if "--require-hashes" not in install]
    assert all(install.startswith("--no-deps ") for install in others)
    assert "--require-hashes -r" in makefile
    assert "--no-deps --no-build-isolation" in makefile
    assert "--no-deps --no-build-isolation" in others[0]


def test_the_image_starts_as_make_serve_does(instructions: list[Instruction], root: Path) -> None:
    steps = re.compile(r"\bminshu (publish|serve)\b")
    dry = subprocess.run(["make", "--dry-run", "serve"], cwd=root, capture_output=True, text=True, check=True)
    assert steps.findall(words(instructions, "CMD")[0]) == steps.findall(dry.stdout) == ["publish", "serve"]


def test_the_image_runs_as_somebody_without_rights_and_keeps_its_state_on_volumes(
    instructions: list[Instruction],
) -> None:
    assert words(instructions, "USER") == ["minshu"]
    assert words(instructions, "VOLUME") == ['["/store", "/cache"]']
    assert "PYTHONDONTWRITEBYTECODE=1" in words(instructions, "ENV")[-1]
    after = instructions[[instruction.word for instruction in instructions].index("USER") :]
    assert [instruction.word for instruction in after if instruction.word in ("RUN", "COPY")] == []


def test_the_health_check_needs_nothing_but_python(instructions: list[Instruction]) -> None:
    (check,) = words(instructions, "HEALTHCHECK")
    assert json.loads(check.removeprefix("CMD "))[:2] == ["python", "-c"]
    assert "/health" in check


def test_no_address_stands_in_the_image_s_files(root: Path) -> None:
    for name in ("Dockerfile", "compose.yaml", ".dockerignore"):
        assert re.findall(r"https?://(?!127\.0\.0\.1)\S+|index-url|find-links", (root / name).read_text("utf-8")) == []


def test_whatever_is_copied_reaches_the_builder_and_nothing_else_does(
    instructions: list[Instruction], root: Path
) -> None:
    ignore = (root / ".dockerignore").read_text(encoding="utf-8")
    copied = {
        source
        for instruction in instructions
        if instruction.word == "COPY" and "from" not in instruction.flags
        for source in instruction.rest.split()[:-1]
    }
    assert {source for source in copied if not (root / source).exists() or not let_through(source, ignore)} == set()
    top = {path.name for path in root.iterdir() if let_through(path.name, ignore)}
    assert top - {source.split("/")[0] for source in copied} == set()


def test_what_the_wheel_is_made_of_is_copied_into_the_image(instructions: list[Instruction], root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    copied = {source for rest in words(instructions, "COPY") for source in rest.split()}
    assert {project["readme"], *project["license-files"], "pyproject.toml", "api"} - copied == set()


def test_compose_takes_every_right_that_the_service_does_not_need(service: dict[str, object]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"] == ["/tmp"]
    assert service["ports"] == ["127.0.0.1:8000:8000"]


def test_compose_waits_for_running_downloads_and_passes_on_what_an_operator_sets(service: dict[str, object]) -> None:
    assert int(str(service["stop_grace_period"]).removesuffix("s")) > GRACE
    assert set(told(service)) <= set(Settings.model_fields)


def test_compose_gives_the_memory_that_the_service_may_use(service: dict[str, object]) -> None:
    settings, gibibyte = Settings(), 1 << 30
    workers = int(told(service)["sql_workers"].removesuffix("}").rpartition(":-")[2])
    needed = settings.query_memory + (workers + 2) * (settings.sql_memory + gibibyte) + MEMORY
    assert int(str(service["mem_limit"]).removesuffix("g")) * gibibyte > needed


def test_compose_mounts_every_volume_of_the_image(
    service: dict[str, object], instructions: list[Instruction], root: Path
) -> None:
    mounts = service["volumes"]
    assert isinstance(mounts, list)
    assert [mount.split(":")[1] for mount in mounts] == json.loads(words(instructions, "VOLUME")[0])
    declared = yaml.safe_load((root / "compose.yaml").read_text(encoding="utf-8"))["volumes"]
    assert [mount.split(":")[0] for mount in mounts] == list(declared)


@pytest.fixture(scope="module")
def image(root: Path, instructions: list[Instruction], tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The image's file system, made by its own steps."""
    machine = Machine(root, tmp_path_factory.mktemp("image"))
    for instruction in instructions:
        machine.run(instruction)
    return machine


@pytest.fixture
def container(image: Machine) -> Iterator[int]:
    """The image's command, started; the port that it listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = image.start(image.command, MINSHU_PORT=str(port), MINSHU_HOST="127.0.0.1")
    try:
        deadline = time.monotonic() + 120
        while image.start(image.healthcheck, MINSHU_PORT=str(port)).wait(timeout=10) != 0:
            assert process.poll() is None, image.log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, image.log.read_text(encoding="utf-8")
            time.sleep(0.5)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def files(image: Machine) -> dict[str, int]:
    """Every file outside the volumes, with the time it was changed."""
    fixed = [path for top in ("opt", "catalogue") for path in (image.root / top).rglob("*")]
    return {str(path): path.lstat().st_mtime_ns for path in fixed}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_image_s_steps_make_a_service_that_is_healthy_and_has_every_dataset_and_its_history(
    image: Machine, root: Path, request: pytest.FixtureRequest
) -> None:
    before = files(image)
    port = request.getfixturevalue("container")
    httpx.get(f"http://127.0.0.1:{port}/health").raise_for_status()
    listed = httpx.get(f"http://127.0.0.1:{port}/datasets").raise_for_status()
    names = {dataset["name"] for dataset in listed.json()["datasets"]}
    assert names == {path.parent.name for path in root.glob("datasets/*/datapackage.json")}
    histories = {path.parents[1].name for path in root.glob("datasets/*/source/earlier.py")}
    assert {name for name in names if len(list((image.root / "store" / name).iterdir())) > 1} == histories
    assert files(image) == before, "The service wrote outside its volumes."


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_image_holds_neither_pip_nor_the_build_tools(image: Machine) -> None:
    packages = next((image.root / "opt/minshu/lib").glob("python3*/site-packages"))
    assert (packages / "minshu").is_dir()
    assert [name for name in ("pip", "setuptools", "hatchling", "pytest") if (packages / name).exists()] == []
    assert not (image.root / "opt/build").exists()
