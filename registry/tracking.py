"""Runs and curves in MLflow: one run a training, found again by the key of its inputs or the hash of its weights.

A killed training goes on in the same run; a run that is lost with its store is rebuilt from history.csv. Curves are a
convenience: when the store fails in mid-training it is said once, and the training goes on.
"""

import csv
import logging
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pipeline.errors import InputError
from pipeline.files import sha256
from registry.store import Store, experiment, open_store

if TYPE_CHECKING:
    from mlflow import MlflowClient

KEY = "signloop.training"
MODEL = "signloop.model_sha256"
MAX_VALUE = 6000  # MLflow refuses longer parameter values
MAX_BATCH = 100

logger = logging.getLogger(__name__)


class NullRun:
    """Stands in where `tracking: none`."""

    def log(self, step: int, values: dict[str, float]) -> None:
        pass

    def finish(self, model_sha256: str) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


@dataclass
class Run(NullRun):
    """A live run; as a context it is marked failed when its block raises."""

    client: "MlflowClient"
    id: str
    last_step: int = -1  # up to here the curve is already there, from before a kill
    _lost: bool = field(default=False, repr=False)

    def log(self, step: int, values: dict[str, float]) -> None:
        """Logs one step's finite values; steps that a killed training already logged are left as they are."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(name, float(x), now, step) for name, x in values.items() if math.isfinite(x)]
        if step > self.last_step and metrics:
            self._try(lambda: self.client.log_batch(self.id, metrics=metrics))
            self.last_step = step

    def finish(self, model_sha256: str) -> None:
        """Ends the run well, and ties it to the weights that came of it."""
        self._try(lambda: self.client.set_tag(self.id, MODEL, model_sha256))
        self._try(lambda: self.client.set_terminated(self.id, "FINISHED"))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._try(lambda: self.client.set_terminated(self.id, "KILLED" if kind is KeyboardInterrupt else "FAILED"))

    def _try(self, send: Any) -> None:
        if self._lost:
            return
        try:
            send()
        except Exception as error:  # whatever the store, its driver or the network raise: no curve is worth a training
            self._lost = True
            logger.warning(
                "the curve of run %s is no longer sent: %s. `promote` rebuilds it from files.", self.id, error
            )


def start_run(store: Store, track: str, *, key: str, params: dict[str, Any]) -> Run:
    """Opens the run of a training, the same one after a kill; `key` hashes the training's inputs."""
    client, home = open_store(store), experiment(store, track)
    found = _search(client, home, KEY, key)
    if found is None:
        found = client.create_run(home, tags={KEY: key}, run_name=f"{track}-{key.removeprefix('rebuilt:')[:8]}")
    elif found.info.status != "RUNNING":
        client.update_run(found.info.run_id, status="RUNNING")
    _log_params(client, found, params)
    steps = [m.step for name in found.data.metrics for m in client.get_metric_history(found.info.run_id, name)]
    return Run(client, found.info.run_id, max(steps, default=-1))


def find_or_rebuild_run(store: Store, track: str, model_folder: Path, params: dict[str, Any]) -> str:
    """Returns the run that made these weights; where the store lost it, one replayed from history.csv.

    Raises: InputError when the folder holds no weights or no readable history.
    """
    model = model_sha256(model_folder)
    found = _search(open_store(store), experiment(store, track), MODEL, model)
    if found is not None:
        return found.info.run_id
    steps = _history(model_folder / "history.csv")
    with start_run(store, track, key=f"rebuilt:{model}", params=params) as run:
        for step, values in steps:
            run.log(step, values)
        run.finish(model)
    return run.id


def model_sha256(folder: Path) -> str:
    """Returns the hash of the weights in a model folder: what a run is found by."""
    weights = folder / "model.safetensors"
    if not weights.exists():
        raise InputError(f"'{weights}' does not exist. Run `dvc repro`, or give another path.")
    return sha256(weights)


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Flattens nested sections to dotted names, as MLflow shows and compares them."""
    leaves: dict[str, str] = {}
    for name, value in tree.items():
        leaves |= (
            flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": str(value)[:MAX_VALUE]}
        )
    return leaves


def _log_params(client: "MlflowClient", run: Any, params: dict[str, Any]) -> None:
    """Logs what is not there yet: MLflow refuses a second value for a name, and a resumed run has its own already."""
    from mlflow.entities import Param

    missing = [Param(name, value) for name, value in flat(params).items() if name not in run.data.params]
    for start in range(0, len(missing), MAX_BATCH):
        client.log_batch(run.info.run_id, params=missing[start : start + MAX_BATCH])


def _search(client: "MlflowClient", home: str, tag: str, value: str) -> Any:
    found = client.search_runs(
        [home], f"tags.`{tag}` = '{value}'", max_results=1, order_by=["attributes.start_time DESC"]
    )
    return found[0] if found else None


def _history(path: Path) -> list[tuple[int, dict[str, float]]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [{name: float(x) for name, x in row.items() if x} for row in csv.DictReader(file)]
        return [(int(row.pop("epoch")), row) for row in rows]
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist. Run `dvc repro`, or give another path.") from None
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"'{path}' is not a training's history ({error!r}). Delete it and run `dvc repro`.") from None
