"""129 numbers: the shape of a hand in its own frame in space, and which way that frame faces.

`invariant` cannot tell G from Q, K from P, H from U or I from J: one shape, held differently. Here turning the hand
changes six numbers (the palm's direction and its normal) and leaves 123: 63 coordinates in the palm's frame and palm
lengths, 55 distances among wrist, knuckles and fingertips, the curl of five fingers. Left hands are mirrored.
"""

from itertools import combinations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipeline.features.geometry import curl, curls_as_left, length, mirror, palm_axes
from pipeline.skeleton import FINGERS, KNUCKLES, TIPS, Skeleton


class Features(nn.Module):
    anchors = ("wrist", "middle_mcp")
