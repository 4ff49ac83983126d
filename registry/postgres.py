"""MLflow's tables on PostgreSQL, made by one of those who come at once.

Trap: MLflow itself looks whether they are there and then makes them, so that of several processes on a fresh database
all but one may crash. PostgreSQL's own lock holds the others back, whatever machine they are on.
"""

import logging
from functools import cache

from pipeline.errors import RegistryError

ADVISORY = 0x516E_107  # the lock's name: any number that is nobody else's


@cache
def initialise(uri: str, artifacts: str, where: str) -> None:
    """Makes the tables where they are missing; looks once a process.

    Raises: RegistryError where the server does not answer, or lets nobody in.
    """
    from sqlalchemy import create_engine, exc, inspect, text

    engine = create_engine(uri, connect_args={"connect_timeout": 10})
    try:
        with engine.connect() as connection:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY})"))
            if not inspect(connection).has_table("model_versions"):
                _make(uri, artifacts)
    except exc.DBAPIError as error:
        why = " ".join(str(error.orig).split())
        raise RegistryError(
            f"the registry at {where} does not answer: {why}. Start it, or correct MLFLOW_TRACKING_URI."
        ) from None
    finally:
        engine.dispose()


def _make(uri: str, artifacts: str) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    for name in ("mlflow.store.db.utils", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    SqlAlchemyStore(uri, artifacts).engine.dispose()
