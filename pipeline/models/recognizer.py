"""Preprocessing and network as one module: what is trained is what is exported and served."""

from contextlib import AbstractContextManager, nullcontext

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipeline.models.recurrent import Recurrent, State


class Recognizer(nn.Module):
    """Maps a form's inputs, as recorded, to logits; a sample in which nothing is seen gets zeros and `seen` 0.

    In training a network may give several answers to a clip, which its objective takes; afterwards it gives one.
    """

    def __init__(self, preprocess: nn.Module, network: nn.Module) -> None:
        super().__init__()
        self.preprocess = preprocess
        self.network = network

    def forward(
        self, values: Float[Tensor, "B T *row"], *columns: Float[Tensor, " B"]
    ) -> tuple[Float[Tensor, "B *answers K"], Float[Tensor, " B"]]:
        """Takes the inputs in the form's order: of points landmarks, aspect, fps, handedness."""
        with _exact(values.device.type):
            features, seen_BT = self.preprocess(values, *columns)
        return self.network(features, seen_BT), seen_BT.to(values.dtype).mean(1)

    def step(
        self,
        landmarks: Float[Tensor, "B 1 V C"],
        aspect: Float[Tensor, " B"],
        fps: Float[Tensor, " B"],
        handedness: Float[Tensor, " B"],
        state: State,
    ) -> tuple[Float[Tensor, "B K"], State]:
        """Answers after one more frame; for recurrent networks."""
        assert isinstance(self.network, Recurrent)
        features_BTF, seen_BT = self.preprocess(landmarks, aspect, fps, handedness)
        frames_BTE = self.network.encode(features_BTF, seen_BT)
        logits_BDK, state = self.network.step(frames_BTE[:, 0], seen_BT[:, 0], state)
        return logits_BDK[:, -1], state


def _exact(device: str) -> AbstractContextManager[object]:
    """Keeps geometry out of reduced precision: a bf16 coordinate has less than three digits."""
    return torch.autocast(device, enabled=False) if torch.is_autocast_enabled(device) else nullcontext()
