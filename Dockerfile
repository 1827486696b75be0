# The worker. Any base with Python 3.11 or later, its venv module and `find` will do: --build-arg BASE=…
ARG BASE=python:3.12-slim

FROM ${BASE} AS build
# Pip's own variables, for a package index other than PyPI. They stay behind in this stage, with what they may hold.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ARG PIP_DEFAULT_TIMEOUT=60
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python3 -m venv /opt/panka
# The dependencies alone first, those of telemetry too: they change rarely, and their layer is most of the image.
COPY pyproject.toml ./
RUN python3 -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
      print('\n'.join(p['dependencies'] + p['optional-dependencies']['telemetry']))" > requirements.txt \
 && /opt/panka/bin/pip install -r requirements.txt
COPY README.md LICENSE ./
COPY planner planner
COPY workflows workflows
COPY activities activities
COPY cli cli
RUN /opt/panka/bin/pip install --no-deps .

FROM ${BASE}
LABEL org.opencontainers.image.title="panka" org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --user-group --create-home --home-dir /home/panka panka \
 && install -d -o panka -g panka /run/panka
COPY --from=build /opt/panka /opt/panka
ENV PATH=/opt/panka/bin:$PATH PYTHONUNBUFFERED=1 PANKA_STATE_DIR=/run/panka
USER panka
WORKDIR /home/panka
# The worker touches this file while Temporal answers it and its event loop turns.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD test -n "$(find /run/panka/worker.alive -mmin -1)"
ENTRYPOINT ["panka"]
CMD ["worker"]
