"""What recurrent models share: one step with an explicit state, and a clip as its steps in sequence.

`step` is the one implementation: training repeats it over a clip, model.onnx has it inside a `Scan`, step.onnx is it.
A frame without a hand holds the state; so a clip's answer is the one after its last seen frame, padding changes
nothing, and a clip without a hand keeps the zeros that it began with.
"""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

State = tuple[Tensor, ...]  # [B, size] each


class Recurrent(nn.Module, ABC):
    """A network with a memory; its preprocessing tells it the hand's place besides the features."""

    state_sizes: dict[str, int]  # the state's tensors by name; all begin at zero
    discount: float  # λ of deep supervision: what an answer's loss counts beside the next one's

    @abstractmethod
    def encode(self, features_BTF: Float[Tensor, "B T F"], seen_BT: Bool[Tensor, "B T"]) -> Float[Tensor, "B T E"]:
        """Returns what needs no memory: each frame for itself, but all of them at once."""

    @abstractmethod
    def step(
        self, frame_BE: Float[Tensor, "B E"], seen_B: Bool[Tensor, " B"], state: State
    ) -> tuple[Float[Tensor, "B D K"], State]:
        """Returns the D answers on the way through a frame, the last is the best, and the state after it."""

    def initial_state(self, like_BX: Float[Tensor, "B *X"]) -> State:
        return tuple(like_BX.new_zeros(like_BX.shape[0], size) for size in self.state_sizes.values())

    def forward(
        self, features_BTF: Float[Tensor, "B T F"], seen_BT: Bool[Tensor, "B T"]
    ) -> Float[Tensor, "B K"] | Float[Tensor, "B T D K"]:
        """Returns a clip's logits; in training those after every frame, with the answers on the way."""
        frames_BTE = self.encode(features_BTF, seen_BT)
        state = self.initial_state(frames_BTE)
        answers = []
        for frame_BE, seen_B in zip(frames_BTE.unbind(1), seen_BT.unbind(1), strict=True):
            logits_BDK, state = self.step(frame_BE, seen_B, state)
            answers.append(logits_BDK)
        return torch.stack(answers, 1) if self.training else answers[-1][:, -1]
