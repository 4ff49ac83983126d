"""One suite over every model name and every feature set it takes; a model that joins the union joins this.

The golden logits are written anew, after a change that is meant to move them, by
`python -m tests.pipeline.models.test_models`; say in the commit why they moved.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.errors import InputError
from pipeline.fitting.data import Clips, batches
from pipeline.form import form
from pipeline.models import build
from pipeline.models.recognizer import Recognizer
from pipeline.models.weights import HEAD
from pipeline.params import Linear, Mlp, Model, Strm, form_of, parse
from pipeline.samples import Samples
from tests.factories import make_samples
from tests.pipeline.factories import make_drawings, make_signs

GOLDEN = Path(__file__).parent / "golden" / "logits.json"
NUM_CLASSES = 3
TINY: dict[str, dict[str, Any]] = {
    "mlp": {"hidden": (16, 8)},
    "strm": {"hidden": 8, "latent_steps": 1, "deep_steps": 2},
    "sign_transformer": {"size": "lightweight"},
    "cnn_transformer": {"size": "small"},
    "sketch_net": {"width": 4},
    "spatial_temporal": {"graph_width": 8, "d_model": 16, "heads": 2, "tokens": 4, "pooling": "hybrid"},
}
MEMBERS = {get_args(member.model_fields["name"].annotation)[0]: member for member in get_args(get_args(Model)[0])}
UPDATE = 4 * 8 + (8 * 4 + 4) + 2 * 4  # of width 4 without its context: own, out, norm
CASES = [
    pytest.param(name, features, id=f"{name}-{features}")
    for name, member in MEMBERS.items()
    for features in get_args(member.model_fields["features"].annotation)
]
every_model = pytest.mark.parametrize(("name", "features"), CASES)
every_model_of_what_lasts = pytest.mark.parametrize(
    ("name", "features"), [case for case in CASES if form(MEMBERS[str(case.values[0])].form).lasts]
)


def make_config(name: str, features: str) -> Any:
    return MEMBERS[name](name=name, features=features, **TINY.get(name, {}))


def make_recognizer(name: str, features: str, seed: int = 0) -> Recognizer:
    torch.manual_seed(seed)
    config = make_config(name, features)
    row = SAMPLES[form_of(config)](0).row
    return build(config, form=form_of(config), num_classes=NUM_CLASSES, row=row)


SAMPLES: dict[str, Callable[[int], Samples]] = {
    "hand": lambda seed: make_samples(num_groups=4, clips=1, frames=5, missing=0.02, fps=15, aspect=4 / 3, seed=seed),
    "holistic": lambda seed: make_signs(num_groups=2, clips=2, frames=(5, 5), seed=seed),
    "bitmap": lambda seed: make_drawings(num_groups=2, drawings=2, seed=seed),
}


@cache
def make_clips(form: str, seed: int) -> tuple[Tensor, ...]:
    """Returns the inputs of 12 samples: clips of 5 frames, both hands, some points lost; or drawings."""
    return next(batches(Clips(samples=SAMPLES[form](seed), indices=np.arange(12)), size=12, length=None)).inputs


def nothing(name: str, features: str) -> float:
    """Returns the value of which a sample that shows nothing is made."""
    return 0.0 if form(form_of_case(name, features)).dtype == "uint8" else torch.nan


def form_of_case(name: str, features: str) -> str:
    return form_of(make_config(name, features))


def make_inputs(name: str, features: str, seed: int = 0) -> list[Tensor]:
    return list(make_clips(form_of_case(name, features), seed))


def make_trained(name: str, features: str) -> Recognizer:
    """Returns a recognizer in eval mode after one training batch, so that running statistics are not trivial."""
    recognizer = make_recognizer(name, features)
    recognizer.train()(*make_inputs(name, features, seed=1))
    return recognizer.eval()


@torch.no_grad()
def logits(recognizer: Recognizer, inputs: list[Tensor]) -> Tensor:
    return recognizer(*inputs)[0]


@every_model
def test_answers_have_a_row_a_clip_and_are_finite(name: str, features: str):
    logits_BK, seen_B = make_trained(name, features)(*make_inputs(name, features))
    assert logits_BK.shape == (12, NUM_CLASSES)
    assert seen_B.shape == (12,)
    assert logits_BK.isfinite().all()
    assert (seen_B > 0).all()


@every_model
def test_every_parameter_gets_a_gradient(name: str, features: str):
    recognizer = make_recognizer(name, features).train()
    answers, _ = recognizer(*make_inputs(name, features))
    logits_BK = answers.view(12, -1, NUM_CLASSES)[:, -1]  # of several answers in training the final one
    torch.nn.functional.cross_entropy(logits_BK, torch.arange(12) % NUM_CLASSES).backward()
    for path, parameter in recognizer.named_parameters():
        assert parameter.grad is not None, path
        assert parameter.grad.isfinite().all(), path
        assert parameter.grad.abs().sum() > 0, path


@every_model
def test_the_head_has_a_row_a_class(name: str, features: str):
    """By which `weights.start_from` adds classes."""
    state = make_recognizer(name, features).state_dict()
    rows = [tensor for path, tensor in state.items() if path.startswith(HEAD)]
    assert [len(row) for row in rows] == [NUM_CLASSES] * 2


@every_model
def test_eval_is_deterministic_and_changes_no_weight(name: str, features: str):
    recognizer = make_trained(name, features)
    before = {path: tensor.clone() for path, tensor in recognizer.state_dict().items()}
    assert torch.equal(logits(recognizer, make_inputs(name, features)), logits(recognizer, make_inputs(name, features)))
    for path, tensor in recognizer.state_dict().items():
        assert torch.equal(tensor, before[path]), path


@every_model
def test_the_seed_decides_the_weights(name: str, features: str):
    first, same, other = (make_recognizer(name, features, seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[path], same[path]) for path in first)
    assert not all(torch.equal(first[path], other[path]) for path in first)


@every_model
def test_a_clip_is_answered_as_it_would_be_alone(name: str, features: str):
    recognizer = make_trained(name, features)
    inputs = make_inputs(name, features)
    together_BK = logits(recognizer, inputs)
    for i in range(12):
        torch.testing.assert_close(logits(recognizer, [x[i : i + 1] for x in inputs])[0], together_BK[i])
    order = torch.arange(12).flip(0)
    torch.testing.assert_close(logits(recognizer, [x[order] for x in inputs]), together_BK[order])


@every_model_of_what_lasts
def test_frames_that_were_not_seen_change_no_logit(name: str, features: str):
    recognizer = make_trained(name, features)
    landmarks_BTVC, *rest = make_inputs(name, features)
    padded_BTVC = torch.cat([landmarks_BTVC, torch.full_like(landmarks_BTVC, torch.nan).repeat(1, 2, 1, 1)], 1)
    plain_BK, padded_BK = logits(recognizer, [landmarks_BTVC, *rest]), logits(recognizer, [padded_BTVC, *rest])
    torch.testing.assert_close(padded_BK, plain_BK)


@every_model_of_what_lasts
def test_one_frame_is_a_clip(name: str, features: str):
    landmarks_BTVC, *rest = make_inputs(name, features)
    logits_BK = logits(make_trained(name, features), [landmarks_BTVC[:, :1], *rest])
    assert logits_BK.isfinite().all()
    assert logits_BK.any()


@every_model
def test_a_sample_that_shows_nothing_gets_zeros(name: str, features: str):
    values, *rest = make_inputs(name, features)
    plain_BK, plain_seen_B = make_trained(name, features)(values, *rest)
    values = values.clone()
    values[4] = nothing(name, features)
    logits_BK, seen_B = make_trained(name, features)(values, *rest)
    assert logits_BK[4].tolist() == [0.0] * NUM_CLASSES
    assert seen_B[4] == 0
    others = torch.arange(12) != 4
    torch.testing.assert_close(logits_BK[others], plain_BK[others])
    assert torch.equal(seen_B[others], plain_seen_B[others])


@every_model
def test_training_on_a_sample_that_shows_nothing_leaves_finite_weights(name: str, features: str):
    recognizer = make_recognizer(name, features).train()
    values, *rest = make_inputs(name, features)
    recognizer(torch.full_like(values, nothing(name, features)), *rest)[0].sum().backward()
    for path, parameter in recognizer.named_parameters():
        assert parameter.grad is None or parameter.grad.isfinite().all(), path
    assert all(tensor.isfinite().all() for tensor in recognizer.state_dict().values())


@every_model
def test_logits_are_the_golden_ones(name: str, features: str):
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert f"{name}-{features}" in golden, "a new model: write its golden logits, see the head of this file"
    logits_BK = logits(make_trained(name, features), make_inputs(name, features))
    torch.testing.assert_close(logits_BK, torch.tensor(golden[f"{name}-{features}"]), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("config", "count"),
    [
        (Linear(name="linear", features="raw"), 63 * 3 + 3),
        (Linear(name="linear", features="invariant"), 102 * 3 + 3),
        (Mlp(name="mlp", features="raw", hidden=(16,)), 63 * 16 + 16 + 2 * 16 + 16 * 3 + 3),
        (Mlp(name="mlp", features="raw", hidden=(16, 8)), 63 * 16 + 16 + 2 * 16 + 16 * 8 + 8 + 2 * 8 + 8 * 3 + 3),
        (  # 63 features and 3 of movement to 4, gate 8 to 8, two updates, head
            Strm(name="strm", features="raw", hidden=4),
            (63 * 4 + 4) + 3 * 4 + 2 * 4 + (8 * 8 + 8) + UPDATE + (8 * 8 + 8) + UPDATE + (4 * 8 + 8) + (4 * 3 + 3),
        ),
    ],
)
def test_parameters_are_as_many_as_one_counts_by_hand(config: Model, count: int):
    recognizer = build(config, form="hand", num_classes=3)
    assert sum(parameter.numel() for parameter in recognizer.parameters()) == count


def test_linear_is_the_mean_over_frames_of_one_matrix():
    """The first feature of `raw` is the wrist's x minus itself, zero; the fourth is the thumb's first joint's."""
    recognizer = make_recognizer("linear", "raw").eval()
    weights = recognizer.state_dict()
    weights["network.head.weight"].zero_()[2, 3] = 2.0
    weights["network.head.bias"].copy_(torch.tensor([0.5, 0.0, 0.0]))
    landmarks_BTVC = torch.full((1, 2, 21, 3), 0.5)
    landmarks_BTVC[:, :, 9, 1] = 0.25  # the palm has a length
    landmarks_BTVC[0, :, 1, 0] = torch.tensor([0.6, 0.9])  # 0.1 and 0.4 from the wrist
    logits_BK = logits(recognizer, [landmarks_BTVC, torch.ones(1), torch.ones(1), torch.ones(1)])
    deviation = (1 + 1e-4) ** 0.5  # of untrained statistics, mean 0 and variance 1
    torch.testing.assert_close(logits_BK, torch.tensor([[0.5, 0.0, 2 * 0.25 / deviation]]))


def test_an_unknown_name_lists_the_valid_ones():
    data = {"source": "synthetic_letters"}
    with pytest.raises(InputError) as caught:
        parse({"tracks": {"letters": {"data": data, "model": {"name": "resnet"}}}})
    assert "tracks.letters.model.name: unknown name 'resnet'" in str(caught.value)
    for name in MEMBERS:
        assert f"'{name}'" in str(caught.value)


def _write_golden() -> None:
    rows = {str(case.id): logits(make_trained(*case.values), make_inputs(*case.values)).tolist() for case in CASES}  # pyright: ignore[reportArgumentType]
    text = {key: [[round(value, 6) for value in row] for row in value] for key, value in rows.items()}
    GOLDEN.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write_golden()
