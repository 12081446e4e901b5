"""Clients that people have, as they are, against the running service.

Python clients run in `.venv-clients`, which knows nothing of Minshu and holds the oldest DuckDB line that we support.
"""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-clients/bin/python"

Client = Callable[[str], str]


def needs(*tools: str) -> pytest.MarkDecorator:
    """Skip a test where one of these programs isn't installed: `make test` asks for none of them."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


@pytest.fixture
def release(service: str) -> str:
    """The address of the first dataset's release."""
    return f"{service}/datasets/work-points-2019/versions/1.0.1"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """Run a Python program where the clients are installed, and give what it prints."""

    def run(program: str) -> str:
        command = [str(PYTHON), "-W", "error::UserWarning", "-c", program]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    return run


def lines_of(table: str) -> list[str]:
    return (ROOT / f"datasets/work-points-2019/data/{table}.csv").read_text("utf-8").splitlines()


def test_frictionless_opens_the_package_by_its_address_and_finds_it_valid(client: Client, release: str) -> None:
    program = f"""
from frictionless import Package
package = Package("{release}/datapackage.json")
report = package.validate()
print(package.version, len(package.resources), report.valid, report.stats["errors"])
"""
    assert client(program) == f"{release.rpartition('/')[2]} 14 True 0\n"


def test_pandas_reads_a_table_as_csv(client: Client, release: str) -> None:
    program = f"""
import pandas
frame = pandas.read_csv("{release}/organizations.csv")
print(len(frame), frame.columns[0], frame["name"][0])
"""
    assert client(program) == f"{len(lines_of('organizations')) - 1} id 省数字办\n"


@pytest.mark.parametrize("reader", ["polars.read_parquet({url!r})", "polars.scan_parquet({url!r}).collect()"])
def test_polars_reads_a_table_as_parquet(client: Client, release: str, reader: str) -> None:
    call = reader.format(url=f"{release}/work_points.parquet")
    assert client(f"import polars\nframe = {call}\nprint(frame.shape, frame['number'].sum())") == "(28, 6) 406\n"


def test_pyarrow_reads_a_table_as_parquet_over_http(client: Client, release: str) -> None:
    program = f"""
import fsspec, pyarrow.parquet
with fsspec.open("{release}/targets.parquet") as file:
    # No thread of Arrow's may be at work in Python when it ends: it is aborted then, now and then.
    table = pyarrow.parquet.ParquetFile(file, pre_buffer=False).read(use_threads=False)
print(table.num_rows, table.schema.field("value").type)
"""
    assert client(program) == f"{len(lines_of('targets')) - 1} decimal128(4, 0)\n"


def test_the_oldest_duckdb_opens_the_downloaded_database_read_only(client: Client, release: str) -> None:
    program = f"""
from urllib.request import urlretrieve
import duckdb
urlretrieve("{release}/work-points-2019.duckdb", "x.duckdb")
with duckdb.connect("x.duckdb", read_only=True) as database:
    print(duckdb.__version__[:4], database.sql("select count(*) from work_points").fetchall())
"""
    assert client(program) == "1.5. [(28,)]\n"


# DuckDB's extension for HTTP, out of the wheel that comes for this very version of DuckDB.
HTTPFS = """
import duckdb, importlib.metadata
files = importlib.metadata.files("duckdb-extension-httpfs")
extension = next(file.locate() for file in files if file.suffix == ".duckdb_extension")
database = duckdb.connect(config={"allow_unsigned_extensions": "true"})
database.load_extension(str(extension))
database.execute("set enable_http_metadata_cache = false")
"""


def test_duckdb_attaches_the_database_by_its_address(client: Client, release: str) -> None:
    program = f"""
{HTTPFS}
database.execute("attach '{release}/work-points-2019.duckdb' as points (read_only)")
print(database.sql("select count(*), sum(number) from points.work_points").fetchall())
"""
    assert client(program) == "[(28, 406)]\n"


def test_duckdb_reads_a_table_as_parquet_by_its_address(client: Client, release: str) -> None:
    program = f"""
{HTTPFS}
print(database.sql("from '{release}/work_points.parquet' select count(*), sum(number)").fetchall())
"""
    assert client(program) == "[(28, 406)]\n"


@needs("curl")
def test_curl_resumes_a_download_that_broke(release: str, tmp_path: Path) -> None:
    whole = subprocess.run(["curl", "-sS", f"{release}/spans.csv"], capture_output=True, check=True, timeout=30).stdout
    (tmp_path / "spans.csv").write_bytes(whole[:1000])
    command = ["curl", "-sSf", "-C", "-", "-O", f"{release}/spans.csv", "-w", "%{http_code} %{size_download}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == f"206 {len(whole) - 1000}"
    assert (tmp_path / "spans.csv").read_bytes() == whole


@needs("curl", "unzip")
def test_the_zip_unpacks_to_a_package_that_stock_frictionless_finds_valid(release: str, tmp_path: Path) -> None:
    command = f"curl -sSfO {release}/work-points-2019.zip && unzip -q work-points-2019.zip -d package"
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True, timeout=30)
    validate = [str(PYTHON.with_name("frictionless")), "validate", "package/datapackage.json", "--json"]
    done = subprocess.run(validate, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, json.loads(done.stdout)["valid"]) == (0, True), done.stdout


def test_the_source_arrives_byte_for_byte(release: str) -> None:
    fetched = httpx.get(f"{release}/source/notice.txt", timeout=30).raise_for_status().content
    source = ROOT / "datasets/work-points-2019/source/notice.txt"
    assert hashlib.sha256(fetched).digest() == hashlib.sha256(source.read_bytes()).digest()
