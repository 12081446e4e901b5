# The steps are the Makefile's: everything comes from a lock with hashes, and the project is built with the locked backend.
# Pin the base to what you have tested:
#   docker build --build-arg PYTHON_IMAGE=python:3.11-slim@sha256:... .
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/build && python -m venv /opt/minshu
COPY requirements/build.lock requirements/runtime.lock requirements/
RUN /opt/build/bin/python -m pip install --no-deps --require-hashes -r requirements/build.lock \
    && /opt/minshu/bin/python -m pip install --no-deps --require-hashes -r requirements/runtime.lock
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY api api
RUN /opt/build/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir /opt/wheels . \
    && /opt/minshu/bin/python -m pip install --no-deps /opt/wheels/*.whl \
    && /opt/minshu/bin/python -m pip uninstall --yes pip setuptools

FROM ${PYTHON_IMAGE}
# Chinese letters for charts as PNG, and to measure those of an SVG.
RUN apt-get update -qq \
    && apt-get install -qq --yes --no-install-recommends fonts-wqy-microhei \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 minshu \
    && useradd --uid 10001 --gid minshu --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin minshu \
    && mkdir -p /store /cache \
    && chown minshu:minshu /store /cache
COPY --from=build /opt/minshu /opt/minshu
COPY schemas /catalogue/schemas
COPY validators /catalogue/validators
COPY datasets /catalogue/datasets
# The root file system may be read-only: releases go to /store, derived files to /cache, the rest to a tmpfs on /tmp.
ENV PATH=/opt/minshu/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MINSHU_STORE=/store \
    MINSHU_CACHE=/cache \
    MINSHU_HOST=0.0.0.0 \
    MINSHU_PORT=8000
WORKDIR /catalogue
RUN for history in datasets/*/source/earlier.py; do test ! -e "$history" || python "$history" || exit; done
USER minshu
VOLUME ["/store", "/cache"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['MINSHU_PORT']), timeout=4); c.request('GET', '/health'); sys.exit(c.getresponse().status != 200)"]
# As `make serve`: publish what the catalogue holds, older releases first (nothing happens where it is published), then serve.
CMD ["sh", "-c", "set --; for folder in $(ls -d build/*/*/ 2>/dev/null | sort -V); do test -e \"$MINSHU_STORE/${folder#build/}release.json\" || set -- \"$@\" \"$folder\"; done; for descriptor in datasets/*/datapackage.json; do test ! -e \"$descriptor\" || set -- \"$@\" \"${descriptor%/datapackage.json}\"; done; test $# = 0 || minshu publish \"$@\" || exit; exec minshu serve"]
