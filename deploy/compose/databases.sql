-- Run once, in an empty volume: MLflow and Prefect both call a table alembic_version, so each has a database of its own.
CREATE DATABASE mlflow;
CREATE DATABASE prefect;
