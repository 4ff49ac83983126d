# The server alone: what trains, plans and tests models is left out of the locked set. docs/serving.md says how to run it.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/signloop
COPY requirements.lock pyproject.toml README.md LICENSE ./
# No dependency is resolved: what is not in the lock is not installed.
RUN grep -Ev '^(torch|torch-geometric|torchmetrics|lightning|lightning-utilities|pytorch-lightning|prefect|playwright|pyright|ruff)==' \
        requirements.lock > serving.lock \
    && /opt/signloop/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps -r serving.lock
COPY pipeline ./pipeline
COPY registry ./registry
COPY monitoring ./monitoring
COPY serving ./serving
COPY flows ./flows
RUN /opt/signloop/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.11-slim
COPY --from=build /opt/signloop /opt/signloop
# Whoever it is run as may be without a name and a home of their own.
ENV PATH=/opt/signloop/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 DO_NOT_TRACK=1 MLFLOW_DISABLE_TELEMETRY=true
WORKDIR /project
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/v2/health/ready', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["signloop", "serve", "--host", "0.0.0.0", "--port", "8080", "--log", "json"]
