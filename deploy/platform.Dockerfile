# All that is in the lock, and what reaches a bucket: MLflow's server, Prefect's, and the worker that retrains. For compose.yaml.
FROM python:3.11-slim-bookworm
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends git && rm -rf /var/lib/apt/lists/*
WORKDIR /src
RUN python -m venv /opt/signloop
COPY requirements.lock pyproject.toml README.md LICENSE ./
# An index of CPU-only PyTorch saves gigabytes: docker compose build --build-arg PIP_EXTRA_INDEX_URL=…
ARG PIP_EXTRA_INDEX_URL
RUN /opt/signloop/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.lock boto3==1.44.5
COPY pipeline ./pipeline
COPY registry ./registry
COPY monitoring ./monitoring
COPY serving ./serving
COPY flows ./flows
RUN /opt/signloop/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .
ENV PATH=/opt/signloop/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 DO_NOT_TRACK=1 MLFLOW_DISABLE_TELEMETRY=true \
    DVC_NO_ANALYTICS=1 PREFECT_SERVER_ANALYTICS_ENABLED=false
WORKDIR /project
USER 10001:10001
STOPSIGNAL SIGTERM
CMD ["signloop", "--help"]
