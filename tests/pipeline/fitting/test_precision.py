"""bf16 is of the network's products alone: features and weights stay exact."""

import pytest
import torch

from pipeline.errors import InputError
from pipeline.fitting.data import batches
from pipeline.fitting.loop import products
from tests.pipeline.factories import NO_CHANGE
from tests.pipeline.fitting.fits import TRAIN, changed, make_recognizer, run, same


def has_bf16() -> bool:
    try:
        return bool(products("bf16", torch.device("cpu")))
    except InputError:
        return False


def test_bf16_learns_with_exact_features_and_exact_weights_or_says_that_it_is_not_here():
    config = changed(epochs=12, precision="bf16", augment=NO_CHANGE, device="cpu")
    if not has_bf16():
        with pytest.raises(InputError, match=r"device 'cpu' has no bf16 here\. Set `train\.precision` to fp32"):
            run(config)
        return
    recognizer, kinds = make_recognizer(), set[tuple[str, torch.dtype]]()
    recognizer.preprocess.features.register_forward_hook(lambda _, __, out: kinds.add(("features", out.dtype)))
    recognizer.network.head.register_forward_hook(lambda _, __, out: kinds.add(("head", out.dtype)))  # pyright: ignore
    weights, history = run(config, recognizer=recognizer)
    assert kinds == {(name, torch.float32) for name in ("features", "head")} | {("head", torch.bfloat16)}  # validation
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}
    assert history[-1]["val_accuracy"] == 1.0
    assert not same(weights, run(changed(epochs=12, augment=NO_CHANGE))[0])


@torch.no_grad()
def test_no_feature_is_computed_in_bf16():
    recognizer, batch = make_recognizer().eval(), next(batches(TRAIN, size=8, length=None))
    exact, _ = recognizer.preprocess(*batch.inputs)
    told = []
    recognizer.network.register_forward_pre_hook(lambda _, inputs: told.append(inputs[0]))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        recognizer(*batch.inputs)
    assert torch.equal(told[0], exact)
