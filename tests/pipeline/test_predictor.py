"""One clip or many, Torch or ONNX Runtime: the same answers; what cannot be answered says why."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from pipeline import contract as contracts
from pipeline import samples as store
from pipeline.calibration import Calibration
from pipeline.contract import Contract
from pipeline.errors import InputError
from pipeline.predictor import MAX_FRAMES_A_BATCH, Answer, Predictor
from pipeline.samples import from_clips
from tests.bodies import make_body, make_clip, signed
from tests.factories import make_hand, make_samples
from tests.pipeline.factories import Track

pytestmark = pytest.mark.xdist_group("export")

HALF, THIRD, REST = math.log(0.5), math.log(0.3), math.log(0.2)
ABC = Contract(track="t", model="mlp", features="raw", form="hand", class_names=("A", "B", "C"))
A, B = make_hand((1, 0, 0, 0, 0)), make_hand((0, 1, 0, 0, 0))  # what tests.factories calls the first two classes
NO_HAND = np.full((21, 3), np.nan, np.float32)


def open_onnx(track: Track) -> Predictor:
    return Predictor.open(track.exported / "model.onnx")


def make_predictor(shapes: list[tuple[int, ...]] | None = None) -> Predictor:
    """Answers a clip by its first number: class 0, 1, 2, … is sure to ½, the next to 0.3; NaN is no hand."""

    def run(feeds: dict[str, NDArray[np.float32]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if shapes is not None:
            shapes.append(feeds["landmarks"].shape)
        first = feeds["landmarks"][:, 0, 0, 0]
        rows = [np.roll([HALF, THIRD, REST], int(k)) if k == k else np.zeros(3) for k in first]
        return np.asarray(rows, np.float32), (~np.isnan(first)).astype(np.float32)

    return Predictor(contract=ABC, engine="by hand", run=run)


def test_the_label_is_the_most_probable_class_and_top_ranks_the_others():
    answer = make_predictor().predict(np.full((21, 3), 1.0))
    assert isinstance(answer, Answer)
    assert answer.label == "B"
    assert answer.score == pytest.approx(0.5)
    assert [name for name, _ in answer.top] == ["B", "C", "A"]
    assert [score for _, score in answer.top] == pytest.approx([0.5, 0.3, 0.2])
    assert answer.seen == 1.0
    short = make_predictor().predict(np.full((21, 3), 1.0), top=1)
    assert isinstance(short, Answer)
    assert [name for name, _ in short.top] == ["B"]


def test_a_clip_without_a_hand_is_answered_so():
    answer = make_predictor().predict(NO_HAND)
    assert isinstance(answer, Answer)
    assert (answer.label, answer.top, answer.seen) == ("no hand", (), 0.0)
    assert math.isnan(answer.score)


def test_a_calibration_changes_how_sure_an_answer_is_and_not_what_it_is():
    predictor = replace(make_predictor(), calibration=Calibration(temperature=0.5, threshold=0.7))
    answer, plain = predictor.predict(A * 0), make_predictor().predict(A * 0)
    assert isinstance(answer, Answer)
    assert isinstance(plain, Answer)
    assert [name for name, _ in answer.top] == [name for name, _ in plain.top]
    assert [score for _, score in answer.top] == pytest.approx([0.25 / 0.38, 0.09 / 0.38, 0.04 / 0.38])
    assert (answer.uncertain, plain.uncertain) == (True, None)
    certain = replace(predictor, calibration=Calibration(temperature=0.5, threshold=0.6)).predict(
        [A[None] * 0, NO_HAND[None]]
    )
    assert isinstance(certain, list)
    assert [one.uncertain for one in certain] == [False, None], "no hand is an answer, and no unsure one"


def test_scores_are_probabilities_and_uniform_without_a_hand():
    samples = from_clips([NO_HAND[None]], target=[0], group=["g"], ids=["x"], class_names=("A", "B", "C"))
    probabilities, seen = make_predictor().scores(samples)
    assert probabilities[0].tolist() == pytest.approx([1 / 3] * 3)
    assert seen.tolist() == [0.0]


def test_large_logits_do_not_overflow():
    def run(feeds: dict[str, NDArray[np.float32]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return np.array([[1000.0, 1000.0, -1000.0]], np.float32), np.ones(1, np.float32)

    answer = Predictor(contract=ABC, engine="by hand", run=run).predict(A)
    assert isinstance(answer, Answer)
    assert [score for _, score in answer.top] == pytest.approx([0.5, 0.5, 0.0])


def test_clips_of_mixed_lengths_keep_their_order_and_are_never_padded():
    shapes: list[tuple[int, ...]] = []
    clips = [np.full((length, 21, 3), k, np.float32) for k, length in ((0, 3), (1, 1), (2, 3), (0, 2), (1, 3))]
    answers = make_predictor(shapes).predict(clips)
    assert isinstance(answers, list)
    assert [answer.label for answer in answers] == ["A", "B", "C", "A", "B"]
    assert sorted(shapes) == [(1, 1, 21, 3), (1, 2, 21, 3), (3, 3, 21, 3)]


def test_long_stores_are_run_in_pieces():
    shapes: list[tuple[int, ...]] = []
    frames = MAX_FRAMES_A_BATCH // 2
    answers = make_predictor(shapes).predict([np.full((frames, 21, 3), k, np.float32) for k in (0, 1, 2)])
    assert isinstance(answers, list)
    assert [answer.label for answer in answers] == ["A", "B", "C"]
    assert [shape[0] for shape in shapes] == [2, 1]


@pytest.mark.parametrize(
    ("x", "single"),
    [
        (A, True),
        (A.tolist(), True),
        (A[None], True),
        (np.stack([A, A]), True),
        ([A, A], True),  # a list of frames is a clip
        (np.stack([A, A])[None], False),
        (np.stack([A, A, A])[:, None], False),
        ([A[None], np.stack([A, A])], False),
        ((A[None],), False),
    ],
    ids=["frame", "lists", "clip of 1", "clip of 2", "list of frames", "batch of 1", "batch of 3", "list", "tuple"],
)
def test_frame_clip_batch_and_list_are_taken(exported: Track, x: Any, single: bool):
    answers = open_onnx(exported).predict(x, handedness=1.0)
    assert isinstance(answers, Answer) == single
    for answer in [answers] if isinstance(answers, Answer) else answers:
        assert answer.label == "A"
        assert answer.seen == 1.0


def test_a_batch_has_an_answer_a_clip(exported: Track):
    answers = open_onnx(exported).predict(np.stack([A, B, NO_HAND])[:, None], handedness=1.0)
    assert isinstance(answers, list)
    assert [answer.label for answer in answers] == ["A", "B", "no hand"]


def test_frames_without_a_hand_are_left_out_of_the_answer(exported: Track):
    plain, padded = (open_onnx(exported).predict(clip) for clip in (B[None], np.stack([NO_HAND, B, NO_HAND, NO_HAND])))
    assert isinstance(plain, Answer)
    assert isinstance(padded, Answer)
    assert (padded.label, padded.seen) == ("B", 0.25)
    assert padded.score == pytest.approx(plain.score, abs=1e-5)


@pytest.mark.parametrize(
    ("x", "got"),
    [
        (np.zeros((33, 3)), r"clip 0: expected \[frames, 21, 3\], got \[1, 33, 3\]"),
        (np.zeros((21, 2)), r"got \[1, 21, 2\]"),
        (np.zeros(63), r"got \[63\]"),
        (np.zeros((0, 21, 3)), r"got \[0, 21, 3\]"),
        (np.zeros((2, 0, 21, 3)), r"got \[0, 21, 3\]"),
        (np.zeros((0, 4, 21, 3)), r"expected \[frames, 21, 3\], or several clips, got none"),
        (np.zeros((1, 1, 1, 21, 3)), r"got \[1, 1, 1, 21, 3\]"),
        ([np.zeros((2, 21, 3)), np.zeros((2, 20, 3))], r"clip 1: expected \[frames, 21, 3\], got \[2, 20, 3\]"),
        ([np.zeros((21, 3)), np.zeros((2, 21, 3))], r"expected \[frames, 21, 3\] of numbers.*got list"),
        ([], r"got \[0\]"),
        (None, r"clip 0: expected \[frames, 21, 3\], got \[\]"),
        ("a hand", r"expected \[frames, 21, 3\] of numbers.*got str"),
        ({"landmarks": 1}, r"expected \[frames, 21, 3\] of numbers.*got dict"),
    ],
)
def test_a_wrong_shape_is_named_with_what_was_expected(x: Any, got: str):
    with pytest.raises(InputError, match=got):
        make_predictor().predict(x)


def test_whole_bodies_are_taken_as_hands_are():
    by_hand = replace(make_predictor(), contract=replace(ABC, form="holistic"))
    frame = make_body() * 0 + 1
    for x in (frame, frame[None], [frame, frame]):
        answer = by_hand.predict(x, aspect=4 / 3, fps=30)
        assert isinstance(answer, Answer)
        assert answer.label == "B"
    answers = by_hand.predict([frame[None], np.full((4, 75, 3), np.nan), np.stack([frame] * 3)])
    assert isinstance(answers, list)
    assert [answer.label for answer in answers] == ["B", "no hand", "B"]
    assert by_hand.answers(signed(make_clip(2) * 0 + 2))[0].label == "C"
    with pytest.raises(InputError, match=r"clip 0: expected \[frames, 75, 3\], got \[1, 21, 3\]"):
        by_hand.predict(A)
    with pytest.raises(InputError, match="the model reads samples of 'holistic', these are of 'hand'"):
        by_hand.scores(make_samples())


def test_an_infinite_coordinate_is_refused():
    clip = np.stack([A, A])
    clip[1, 20, 2] = -np.inf
    with pytest.raises(InputError, match=r"clip 1: has an infinite value\. Mark what was not seen as NaN"):
        make_predictor().predict([A[None], clip])


@pytest.mark.parametrize("aspect", [0.0, -1.0, np.nan, np.inf])
def test_an_aspect_that_is_none_is_refused(aspect: float):
    with pytest.raises(InputError, match=rf"aspect: expected picture width / height above 0, got {aspect}"):
        make_predictor().predict(A, aspect=aspect)


def test_aspect_and_handedness_reach_the_model(exported: Track):
    """A hand squeezed by a wide picture, and a left hand that is a mirrored right one, are answered alike."""
    predictor = open_onnx(exported)
    squeezed, mirrored = A.copy(), A.copy()
    squeezed[:, [0, 2]] /= 2
    mirrored[:, 0] = 1 - mirrored[:, 0]

    def score(x: NDArray[np.float32], *, handedness: float, aspect: float = 1.0) -> float:
        answer = predictor.predict(x, aspect=aspect, handedness=handedness)
        assert isinstance(answer, Answer)
        return answer.score

    right = score(A, handedness=1.0)
    assert score(squeezed, aspect=2.0, handedness=1.0) == pytest.approx(right, abs=1e-5)
    assert score(mirrored, handedness=0.0) == pytest.approx(right, abs=1e-5)
    assert abs(score(squeezed, aspect=1.0, handedness=1.0) - right) > 1e-3


def test_samples_of_another_skeleton_are_refused():
    samples = from_clips([A[None]], target=[0], group=["g"], ids=["x"], class_names=("A",), form="holistic")
    with pytest.raises(InputError, match="the model reads samples of 'hand', these are of 'holistic'"):
        make_predictor().scores(samples)


def test_our_weights_and_the_exported_file_answer_alike_and_name_their_engines(exported: Track):
    samples = make_samples(num_groups=3, frames=(1, 5), missing=0.1, aspect=4 / 3, seed=5)
    samples.clip(2)[:] = np.nan
    of_onnx = open_onnx(exported)
    for path in (exported.model, exported.model / "model.safetensors"):
        of_torch = Predictor.open(path)
        for one, two in zip(of_torch.scores(samples), of_onnx.scores(samples), strict=True):
            np.testing.assert_allclose(one, two, atol=1e-4)
        assert of_torch.engine == f"PyTorch {torch.__version__}"
        assert of_torch.contract.class_names == of_onnx.contract.class_names
    assert of_onnx.engine.startswith("ONNX Runtime 1.")
    labels = [answer.label for answer in of_onnx.answers(samples)]
    assert labels[2] == "no hand"
    assert np.mean([label == "ABC"[k] for label, k in zip(labels, samples.target, strict=True)]) > 0.8


def test_it_reads_what_the_store_wrote(exported: Track):
    samples = store.read(exported.samples)
    answers = open_onnx(exported).answers(samples)
    assert len(answers) == len(samples)
    assert answers[-1].label == "no hand"


@pytest.mark.parametrize("name", ["model.pt", "model.pth", "model.pkl", "model.ckpt", "model"])
def test_pickled_and_unknown_files_are_refused_unopened(tmp_path: Path, name: str):
    torch.save({"weights": torch.zeros(1)}, tmp_path / name)
    with pytest.raises(InputError, match=r"expected \.onnx, \.safetensors or a model folder\. Pickled weights are not"):
        Predictor.open(tmp_path / name)


@pytest.mark.parametrize("name", ["none.onnx", "none.safetensors"])
def test_a_missing_file_is_named(tmp_path: Path, name: str):
    with pytest.raises(InputError, match="does not exist"):
        Predictor.open(tmp_path / name)


def test_a_file_that_is_cut_off_anywhere_is_refused(exported: Track, tmp_path: Path):
    whole = (exported.exported / "model.onnx").read_bytes()
    for size in (0, 1, 100, len(whole) // 4, len(whole) // 2, *range(len(whole) - 400, len(whole), 7), len(whole) - 1):
        (tmp_path / "cut.onnx").write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"cut\.onnx'"):
            Predictor.open(tmp_path / "cut.onnx")


def _unknown_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].op_type = "Nonsense"


def _missing_weights(model: onnx.ModelProto) -> None:
    del model.graph.initializer[:]


@pytest.mark.parametrize("damage", [_unknown_operator, _missing_weights])
def test_a_graph_that_onnx_runtime_refuses_is_named(
    exported: Track, tmp_path: Path, damage: Callable[[onnx.ModelProto], None]
):
    model = onnx.load(exported.exported / "model.onnx")
    damage(model)
    onnx.save(model, tmp_path / "bad.onnx")
    assert contracts.read(tmp_path / "bad.onnx").class_names == ("A", "B", "C")
    with pytest.raises(InputError, match=r"bad\.onnx': ONNX Runtime refuses it .*Export it again"):
        Predictor.open(tmp_path / "bad.onnx")
