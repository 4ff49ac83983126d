"""The stage table: what each stage is called with. DVC comes in here through `signloop stage STAGE TRACK`.

Heavy imports happen inside a stage, so that one without Torch starts in under a second.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flows import environment
from flows.layout import Layout
from flows.transient import transient
from pipeline import params
from pipeline.errors import InputError, TransientError
from pipeline.files import sha256
from pipeline.params import Params, Track
from registry.store import Store


@dataclass(frozen=True, kw_only=True)
class Call:
    """Everything that a stage may need to know of where it runs."""

    params: Params
    layout: Layout
    state: Path
    store: Store
    in_experiment: bool = False

    @property
    def track(self) -> Track:
        return self.params.track(self.layout.track)


def call(root: Path, track: str) -> Call:
    """Reads params.yaml and the environment for one track."""
    read = params.read(root / "params.yaml")
    read.track(track)
    return Call(
        params=read,
        layout=Layout(root, track),
        state=environment.state_folder(),
        store=environment.store(),
        in_experiment=environment.in_experiment(),
    )


def code(call: Call) -> None:
    from flows.code import code

    code(call.track, root=call.layout.root, out=call.layout.code)


def extract(call: Call) -> None:
    from flows.workshop import furnished
    from pipeline.extract import extract

    data, at = call.track.data, call.layout
    with furnished(data, at.track, state=call.state) as workshop:
        extract(data, feedback=at.feedback, out=at.samples, workshop=workshop)


def prepare(call: Call) -> None:
    from pipeline.prepare import prepare

    prepare(call.track.prepare, samples=call.layout.samples, out=call.layout.prepared)


def pretrain(call: Call) -> None:
    from pipeline.pretrain import pretrain

    at, track = call.layout, call.track
    if track.pretrain.method == "none":
        return pretrain(track.model, track.pretrain, samples=at.samples, split=at.split, out=at.encoder)
    from flows.progress import epochs
    from flows.workshop import furnished

    with (
        furnished(track.pretrain.data, f"{at.track}-pretrain", state=call.state) as workshop,
        epochs(track.pretrain.epochs, f"pretrain {at.track}") as log,
    ):
        return pretrain(
            track.model,
            track.pretrain,
            samples=at.samples,
            split=at.split,
            out=at.encoder,
            checkpoint=call.state / "checkpoints" / f"{at.track}-pretrain-{pretraining_key(call)}.pt",
            log=log,
            workshop=workshop,
        )


def train(call: Call) -> None:
    from flows.starting import model_folder

    at, config = call.layout, call.track.train
    taught_by = config.teacher.weights if config.teacher else None
    with (
        model_folder(config.init_from, store=call.store, at=at) as initial,
        model_folder(taught_by, store=call.store, at=at) as teacher,
    ):
        _train(call, initial, teacher)


def _train(call: Call, initial: Path | None, teacher: Path | None) -> None:
    from flows.progress import epochs
    from pipeline.train import train
    from registry.tracking import NullRun, model_sha256, start_run

    at, track = call.layout, call.track
    key = training_key(call, initial, teacher)
    recorded = call.params.tracking == "mlflow"
    tree = track.model_dump(mode="json")
    run = start_run(call.store, at.track, key=key, params=tree) if recorded else NullRun()
    with run, epochs(track.train.epochs, f"train {at.track}") as show:

        def log(epoch: int, values: dict[str, float]) -> None:
            show(epoch, values)
            run.log(epoch, {name: value for name, value in values.items() if name != "epoch"})

        train(
            track.model,
            track.train,
            samples=at.samples,
            split=at.split,
            encoder=at.encoder,
            out=at.model,
            initial=initial,
            teacher=teacher,
            checkpoint=call.state / "checkpoints" / f"{at.track}-{key}.pt",
            log=log,
        )
        run.finish(model_sha256(at.model))


def export(call: Call) -> None:
    from pipeline.export import export

    at = call.layout
    export(call.track.export, track=at.track, samples=at.samples, split=at.split, model=at.model, out=at.exported)


def evaluate(call: Call) -> None:
    from flows.plots import write_page
    from pipeline.evaluate import evaluate

    at = call.layout
    evaluate(call.track.evaluate, samples=at.samples, split=at.split, exported=at.exported, out=at.evaluation)
    write_page(call.state / "plots")


def promote(call: Call) -> None:
    from flows import causes
    from registry import lineage
    from registry.promote import promote

    at, track = call.layout, call.track
    promote(
        track.gates,
        track=at.track,
        samples=at.samples,
        split=at.split,
        model=at.model,
        exported=at.exported,
        evaluation=at.evaluation,
        out=at.decision,
        store=call.store,
        lineage=lineage.read(at.root),
        params=track.model_dump(mode="json"),
        move_alias=not call.in_experiment,
        tracking=call.params.tracking == "mlflow",
        drifted=causes.drifted(call.state, at.track),
        called_by=causes.called_by(call.state, at.track),
    )
    if not call.in_experiment:
        causes.settle(call.state, [at.track])


STAGES: dict[str, Callable[[Call], None]] = {
    stage.__name__: stage for stage in (code, extract, prepare, pretrain, train, export, evaluate, promote)
}


def training_key(call: Call, *folders: Path | None) -> str:
    """Names a training by all that goes into it; a checkpoint of another training is never resumed.

    folders  of weights that are found by a name, which may mean another version tomorrow
    """
    at = call.layout
    return _key(call, (at.samples, at.split, at.encoder, at.code / "train.json"), "train", folders)


def pretraining_key(call: Call) -> str:
    """Names a pretraining, as `training_key` a training."""
    at = call.layout
    return _key(call, (at.samples, at.split, at.code / "pretrain.json"), "pretrain")


def _key(call: Call, files: tuple[Path, ...], section: str, folders: tuple[Path | None, ...] = ()) -> str:
    inputs = {file.name: sha256(file) for file in files}
    inputs |= {f"weights {i}": sha256(folder / "model.safetensors") for i, folder in enumerate(folders) if folder}
    sections = {name: getattr(call.track, name).model_dump(mode="json") for name in ("model", section)}
    return hashlib.sha256(json.dumps([inputs, sections], sort_keys=True).encode()).hexdigest()[:16]


def run(stage: str, call: Call) -> None:
    """Runs one stage.

    Raises: InputError with the valid names when there is no such stage; TransientError where a second try may succeed.
    """
    if stage not in STAGES:
        raise InputError(f"unknown stage '{stage}'. Valid: {', '.join(STAGES)}.")
    try:
        STAGES[stage](call)
    except Exception as error:  # whatever a driver or the network raise: its kind says whether it may pass by itself
        if transient(error):
            raise TransientError(str(error)) from error
        raise
