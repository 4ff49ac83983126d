import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows import environment
from pipeline.errors import InputError


def predict(
    track: Annotated[str, typer.Argument(help="A track of params.yaml, or of the registry.")],
    file: Annotated[
        Path,
        typer.Argument(
            help="Samples (.h5, .npz, .parquet, .csv, .pose), keypoints (.npy), .json; a video, a photo, a folder."
        ),
    ],
    model: Annotated[
        Path | None, typer.Option(help="Answer with this .onnx, .safetensors or model folder, not with Production.")
    ] = None,
    version: Annotated[int | None, typer.Option(help="Answer with this registered version.")] = None,
    aspect: Annotated[float, typer.Option(help="Picture width / height, where the file does not say.")] = 4 / 3,
    layout: Annotated[str, typer.Option(help="Of keypoint arrays, as in data.layout.")] = "auto",
    top: Annotated[int, typer.Option(min=1, help="How many labels to rank.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a clip and line.")] = False,
) -> None:
    """Answer for every clip of a file with the model in Production; where labels are known, count the right answers.

    Labels are those of a store or table, or the folder or the name of a recording: LABEL/FILE, LABEL_….
    """
    from flows import recordings
    from flows.inputs import Unlabelled, read_clips
    from pipeline.predictor import Predictor

    if model:
        predictor, what = Predictor.open(model), str(model)
    else:
        from registry import load

        loaded = load(track, version=version, store=environment.store())
        predictor, what = loaded.predictor, f"{track} version {loaded.version}"
    if not predictor.contract.class_names:
        raise InputError(
            f"'{track}' answers with numbers and no class. Ask the server: POST /v1/{track}/predict, or /v2."
        )
    otherwise, contract = Unlabelled(aspect=aspect, layout=layout), predictor.contract
    samples = read_clips(file, otherwise=otherwise, form=contract.form, row=contract.shape)
    answers = predictor.answers(samples, top=top)
    typer.secho(f"{what}, {predictor.contract.precision}, {predictor.engine}", fg="cyan", err=True)
    labelled = file.is_dir() or samples.class_names != ("",)
    truth = recordings.labels(samples, predictor.contract.class_names) if labelled else [""] * len(samples)
    for clip, answer, label in zip(samples.id, answers, truth, strict=True):
        if as_json:
            score = None if answer.score != answer.score else answer.score
            said = {"id": str(clip), **asdict(answer), "score": score}
            typer.echo(json.dumps(said | ({"truth": label} if label else {})))
        else:
            ranked = "  ".join(f"{label} {score:.2f}" for label, score in answer.top) or answer.label
            typer.echo(f"{clip}\t{ranked}" + ("\tuncertain" if answer.uncertain else ""))
    if any(truth):
        seen = [answer.seen > 0 for answer in answers]
        typer.secho(recordings.scored(truth, [answer.label for answer in answers], seen), fg="green", err=True)
