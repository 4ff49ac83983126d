"""A stateful tiny recursive model: few weights, used again and again, and a memory from frame to frame.

In each of T deep iterations the latent z is refined n times from the frame, the answer and itself, then the answer y
once from z; every update is a residual one. Between frames a learned gate says how much of y and z is kept. What a
movement is made of, the hand's velocity, comes from the place that the state remembers.

Source: the recursion is that of Jolicoeur-Martineau 2025, Less is More: Recursive Reasoning with Tiny Networks,
https://arxiv.org/abs/2510.04871, section 4. There latent and answer share one network, and only the last deep iteration
has gradients; the memory, its gate and the velocity are additions.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from pipeline.features.geometry import length
from pipeline.features.place import COLUMNS, USUAL_FPS
from pipeline.models.frames import Standardize
from pipeline.models.recurrent import Recurrent, State
from pipeline.params import Strm

SMALL = 0.25  # the first weights of an update, against the usual: twenty in a row begin near the identity
USUAL_SPEED = 4.0  # sizes of the hand a second, about one hand length
MAX_SPEED = 8.0  # in usual ones; a hand that jumps further is another hand
SHORT, LONG = -2.0, 3.0  # the gate's biases at first: from an eighth to nineteen twentieths of the state are kept


class Network(Recurrent):
    has_moved: Tensor

    def __init__(self, config: Strm, num_features: int, num_classes: int) -> None:
        super().__init__()
        width = config.hidden
        self.latent_steps, self.deep_steps = config.latent_steps, config.deep_steps
        self.discount = config.discount
        self.state_sizes = {"answer": width, "latent": width, "place": 4}
        self.sizes = [num_features - len(COLUMNS), len(COLUMNS)]
        self.standardize = Standardize(self.sizes[0])
        self.project = nn.Linear(self.sizes[0], width)
        self.movement = nn.Linear(3, width, bias=False)
        self.norm = nn.LayerNorm(width)
        self.gate = nn.Linear(2 * width, 2 * width)
        self.latent = Update(2 * width, width)
        self.answer = Update(width, width)
        self.dropout = nn.Dropout(config.dropout)  # of frames alone: twenty of it in a row would leave nothing
        self.head = nn.Linear(width, num_classes)
        self.register_buffer("has_moved", torch.zeros(()))  # trained on single frames it stays blind, and not random
        bias_G = torch.cat([torch.full((width,), SHORT), torch.linspace(SHORT, LONG, width)])
        self.gate.bias.data.copy_(bias_G)

    def encode(self, features_BTF: Float[Tensor, "B T F"], seen_BT: Bool[Tensor, "B T"]) -> Float[Tensor, "B T E"]:
        shape_BTF, place_BT4 = features_BTF.split(self.sizes, -1)
        shape_BTH = self.dropout(self.project(self.standardize(shape_BTF, seen_BT)))
        return torch.cat([shape_BTH, place_BT4], -1)

    def step(
        self, frame_BE: Float[Tensor, "B E"], seen_B: Bool[Tensor, " B"], state: State
    ) -> tuple[Float[Tensor, "B D K"], State]:
        former_y_BH, former_z_BH, last_B4 = state
        shape_BH, place_B4 = frame_BE[:, : -len(COLUMNS)], frame_BE[:, -len(COLUMNS) :].detach()
        moved_B3, elapsed_B1 = moved(place_B4, last_B4)
        if self.training:
            self.has_moved.copy_(self.has_moved.maximum(moved_B3.abs().amax().sign()))
        x_BH = self.norm(shape_BH + self.movement(moved_B3 * self.has_moved))
        keep_BG = self.gate(torch.cat([x_BH, former_z_BH], -1)).sigmoid() ** (elapsed_B1 * USUAL_FPS)
        keep_y_BH, keep_z_BH = (keep_BG * last_B4[:, 3:]).chunk(2, -1)
        y_BH, z_BH = blend(keep_y_BH, former_y_BH, x_BH), blend(keep_z_BH, former_z_BH, x_BH)
        answers = []
        for _ in range(self.deep_steps):
            z_BH = self.latent(z_BH, torch.cat([x_BH, y_BH], -1), self.latent_steps)
            y_BH = self.answer(y_BH, z_BH, 1)
            answers.append(torch.where(seen_B[:, None], y_BH, former_y_BH))
        z_BH = torch.where(seen_B[:, None], blend(keep_z_BH, former_z_BH, z_BH), former_z_BH)
        last_B4 = remember(place_B4, seen_B, last_B4)
        logits_BDK = self.head(torch.stack(answers, 1)) * last_B4[:, 3:, None]
        return logits_BDK, (answers[-1], z_BH, last_B4)


def blend(keep: Tensor, former: Tensor, new: Tensor) -> Tensor:
    return keep * former + (1 - keep) * new


class Update(nn.Module):
    """A residual update of a vector by two layers that see it and its context; the same weights at every step."""

    def __init__(self, num_context: int, width: int) -> None:
        super().__init__()
        self.context = nn.Linear(num_context, 2 * width)
        self.own = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(2 * width, width)
        self.norm = nn.LayerNorm(width)
        self.out.weight.data.mul_(SMALL)

    def forward(
        self, own_BH: Float[Tensor, "B H"], context_BC: Float[Tensor, "B C"], steps: int
    ) -> Float[Tensor, "B H"]:
        context_BG = self.context(context_BC)  # the same at every step
        for _ in range(steps):
            hidden_BG = nn.functional.gelu(context_BG + self.own(own_BH))
            own_BH = self.norm(own_BH + self.out(hidden_BG))
        return own_BH


def moved(
    place_B4: Float[Tensor, "B 4"], last_B4: Float[Tensor, "B 4"]
) -> tuple[Float[Tensor, "B 3"], Float[Tensor, "B 1"]]:
    """Returns velocity and speed since the last seen frame, zeros where there was none, and the seconds since."""
    elapsed_B1 = last_B4[:, 2:3] + place_B4[:, 3:]
    velocity_B2 = (place_B4[:, :2] - last_B4[:, :2]) / (place_B4[:, 2:3] * elapsed_B1 * USUAL_SPEED)
    velocity_B2 = velocity_B2.clamp(-MAX_SPEED, MAX_SPEED)
    return torch.cat([velocity_B2, length(velocity_B2)[:, None]], -1) * last_B4[:, 3:], elapsed_B1


def remember(
    place_B4: Float[Tensor, "B 4"], seen_B: Bool[Tensor, " B"], last_B4: Float[Tensor, "B 4"]
) -> Float[Tensor, "B 4"]:
    """Returns the last seen frame's x and y, the seconds since, and 1 once there was one."""
    here_B4 = torch.cat([place_B4[:, :2], torch.zeros_like(place_B4[:, :1]), torch.ones_like(place_B4[:, :1])], -1)
    waited_B4 = torch.cat([last_B4[:, :2], last_B4[:, 2:3] + place_B4[:, 3:], last_B4[:, 3:]], -1)
    return torch.where(seen_B[:, None], here_B4, waited_B4)
