"""params.yaml: every mistake at once, by its full path, with what would be right."""

from pathlib import Path
from typing import Any, get_args

import pytest

from pipeline import params
from pipeline.errors import InputError
from pipeline.params import CnnTransformer, LandmarkTable, Model, Prepare, Strm, parse, with_model

ROOT = Path(__file__).parents[2]
MODELS = [repr(get_args(member.model_fields["name"].annotation)[0]) for member in get_args(get_args(Model)[0])]


def tree(**sections: Any) -> dict[str, Any]:
    letters = {"data": {"source": "synthetic_letters"}, "model": {"name": "mlp"}, **sections}
    return {"tracks": {"letters": letters}}


def mistakes(raw: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        params.parse(raw)
    head, *lines = str(caught.value).splitlines()
    assert head == f"params.yaml: {len(lines)} mistake(s)"
    return [line.strip() for line in lines]


def test_the_projects_own_file_is_valid():
    read = params.read(ROOT / "params.yaml")
    assert read.track("letters").data.source in {"synthetic_letters", "landmark_table"}
    assert read.track("signs").train.sequence_length is None
    with pytest.raises(InputError, match=r"unknown track 'words'\. params\.yaml has: letters, signs"):
        read.track("words")


def test_what_is_left_out_takes_its_default():
    track = params.parse(tree()).track("letters")
    assert track.prepare == Prepare()
    assert track.train.augment.rotate_deg == 15


def test_a_union_is_chosen_by_its_name():
    raw = tree(data={"source": "landmark_table", "path": "x.csv"})
    assert params.parse(raw).track("letters").data == LandmarkTable(source="landmark_table", path="x.csv")


def test_all_mistakes_are_reported_together_by_full_path():
    raw = tree(train={"epochs": 0, "learnin_rate": 1, "augment": {"scale": 2}}, prepare={"class_weights": "cubic"})
    raw["tracking"] = "wandb"
    found = mistakes(raw)
    assert [line.split(":")[0] for line in sorted(found)] == [
        "tracking",
        "tracks.letters.prepare.class_weights",
        "tracks.letters.train.augment.scale",
        "tracks.letters.train.epochs",
        "tracks.letters.train.learnin_rate",
    ]
    text = "\n".join(found)
    assert "did you mean `learning_rate`?" in text
    assert "Valid: epochs, batch_size" in text
    assert "greater than or equal to 1 (got 0)" in text
    assert "'none', 'balanced' or 'sqrt' (got 'cubic')" in text
    assert "'mlflow' or 'none' (got 'wandb')" in text


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (tree(model={"name": "mpl"}), f"tracks.letters.model.name: unknown name 'mpl'. Valid: {', '.join(MODELS)}."),
        (tree(model={"hidden": [4]}), "tracks.letters.model: needs `name`"),
        (
            tree(data={"source": "landmark_clips", "path": "x", "labelled": False, "classes": ["a"]}),
            "tracks.letters.data: labelled: false reads no labels; leave out `classes` and `group_folder` "
            "(got {'source': 'landmark_clips', 'path': 'x', 'labelled': False, 'classes': ['a']})",
        ),
        (tree(data={"source": "landmark_table"}), "tracks.letters.data.path: Field required"),
        (tree(gates={"ece": {}}), "tracks.letters.gates.ece: give `min`, `max` or both (got {})"),
        ({}, "tracks: Field required"),
    ],
)
def test_one_mistake(raw: Any, line: str):
    assert mistakes(raw) == [line]


def test_unknown_keys_of_a_model_list_that_models_keys():
    (line,) = mistakes(tree(model={"name": "linear", "hidden": [1]}))
    assert line == "tracks.letters.model.hidden: unknown key. Valid: name, features."


def test_an_element_of_a_list_is_named():
    (line,) = mistakes(tree(model={"name": "mlp", "hidden": [256, 0]}))
    assert line.startswith("tracks.letters.model.hidden.1: ")


@pytest.mark.parametrize("share", [-0.1, 1.0, "half"])
def test_a_share_is_below_one(share: Any):
    (line,) = mistakes(tree(prepare={"test_share": share}))
    assert line.startswith("tracks.letters.prepare.test_share: ")


def test_a_file_that_is_missing_or_no_yaml_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="does not exist"):
        params.read(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("tracks: [")
    with pytest.raises(InputError, match="is not valid YAML"):
        params.read(tmp_path / "params.yaml")


def test_sections_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        params.parse(tree()).track("letters").train.epochs = 3  # pyright: ignore[reportAttributeAccessIssue]


def test_mistakes_in_the_schedule_are_named_by_their_path():
    raw = tree() | {"retrain": {"cron": "0 25 * * 1", "timezone": "Mars/Olympus", "retries": -1, "retry_delay_s": []}}
    found = "\n".join(mistakes(raw))
    assert "retrain.cron: hour '25': expected *, 0–23" in found
    assert "retrain.timezone: expected a name of the time zone database" in found
    assert "retrain.retries: " in found
    assert "retrain.retry_delay_s: " in found
    assert mistakes(tree() | {"retrain": {"chron": "x"}}) == [
        "retrain.chron: unknown key; did you mean `cron`? Valid: cron, timezone, tracks, retries, retry_delay_s, "
        "wait_for_dvc_s."
    ]
    assert mistakes(tree() | {"retrain": {"tracks": ["signs"]}}) == [
        "retrain.tracks: unknown track 'signs'. Valid: letters"
    ]


def test_tracks_to_retrain_are_those_named_else_those_of_the_file_else_all():
    both = {"tracks": tree()["tracks"] | {"plain": tree()["tracks"]["letters"]}}
    assert params.parse(both).named([]) == ["letters", "plain"]
    assert params.parse(both | {"retrain": {"tracks": ["plain"]}}).named([]) == ["plain"]
    assert params.parse(both | {"retrain": {"tracks": ["plain"]}}).named(["letters"]) == ["letters"]
    with pytest.raises(InputError, match="unknown track 'signs'"):
        params.parse(both).named(["signs"])


def test_another_model_comes_at_its_defaults_and_leaves_the_rest():
    model = {"name": "mlp", "features": "planar", "hidden": [8]}
    track = parse(tree(model=model, train={"epochs": 3})).track("letters")
    other = with_model(track, "strm")
    assert other.model == Strm(name="strm", features="planar")
    assert other.train == track.train
    assert with_model(track, None) == with_model(track, "mlp") == track
    assert with_model(track, "cnn_transformer").model == CnnTransformer(name="cnn_transformer")  # reads other points
    with pytest.raises(InputError, match="unknown name 'resnet'"):
        with_model(track, "resnet")


def test_a_key_with_dots_is_of_the_track_and_one_without_of_the_model():
    model = {"name": "mlp", "features": "planar", "hidden": [8]}
    track = parse(tree(model=model, train={"epochs": 3, "augment": {"mirror": 0.25}})).track("letters")
    other = with_model(track, "mlp,dropout=0.5,train.augment.jitter=0,prepare.labelled=5,train.epochs=7")
    assert (other.model.name, other.model.features, other.model.dropout) == ("mlp", "planar", 0.5)  # pyright: ignore[reportAttributeAccessIssue]
    assert (other.train.epochs, other.train.augment.jitter, other.train.augment.mirror) == (7, 0, 0.25)
    assert other.prepare.labelled == 5
    for spec, wrong in (("mlp,train.epoch=7", "did you mean `epochs`"), ("mlp,tran.epochs=7", "tran")):
        with pytest.raises(InputError, match=wrong):
            with_model(track, spec)
