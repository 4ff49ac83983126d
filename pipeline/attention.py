"""What trained weights look at: which frames the class token attends to, and which points speak for the answer.

By Torch: an exported file gives answers alone, so `evaluate` draws what hiding costs it instead (importance.py).
Attention says where a network looks, and not that it would answer otherwise without.
"""

from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.contract import INPUTS
from pipeline.errors import InputError
from pipeline.models.weights import Trained
from pipeline.pictures.strip import Row
from pipeline.predictor import inputs
from pipeline.samples import Samples

HAVE_A_CLASS_TOKEN = ("sign_transformer", "spatial_temporal")
PIECES = 10  # of a clip, side by side in a strip


@dataclass(frozen=True)
class Looked:
    """One clip: the answer, shares of attention [T], and how much points speak for the answer [T, V] where it is known.

    Shares sum to 1 over the frames that were seen, and are 0 on others; where none was, there is no answer either.
    """

    answer: str
    frames: NDArray[np.float32]
    points: NDArray[np.float32] | None


def look(trained: Trained, samples: Samples, clip: int) -> Looked:
    """Asks a network about one clip.

    Raises: InputError when it has no class token, or reads other points.
    """
    name = trained.config.name
    if name not in HAVE_A_CLASS_TOKEN:
        valid = " or ".join(HAVE_A_CLASS_TOKEN)
        raise InputError(f"'{name}' has no class token whose attention could be shown. Give weights of {valid}.")
    if samples.form != trained.form:
        raise InputError(f"the model reads samples of '{trained.form}', these are of '{samples.form}'.")
    module: Any = import_module(f"pipeline.models.{name}")
    network, feeds = trained.recognizer.network, inputs(samples, np.array([clip]))
    with torch.no_grad():
        features_BTF, seen_BT = trained.recognizer.preprocess(*(torch.from_numpy(feeds[key]) for key in INPUTS))
        best_B = network(features_BTF, seen_BT).argmax(-1)
        frames_BT = module.attention(network, features_BTF, seen_BT)
    speak = getattr(module, "saliency", None)
    points = speak(network, features_BTF, seen_BT, best_B)[0].numpy() if speak else None
    answer = trained.class_names[int(best_B)] if seen_BT.any() else ""
    return Looked(answer, frames_BT[0].numpy(), points)


def row(looked: Looked, clip: int) -> Row:
    """Returns a clip in pieces, each by the frame that is looked at most, over the attention that all of it gets."""
    edges = np.linspace(0, len(looked.frames), min(PIECES, len(looked.frames)) + 1).astype(int)
    frames = [start + int(looked.frames[start:end].argmax()) for start, end in pairwise(edges.tolist())]
    return Row(
        clip=clip,
        frames=frames,
        weights=np.add.reduceat(looked.frames, edges[:-1]),
        points=None if looked.points is None else looked.points[frames],
        said=f"answered {looked.answer}" if looked.answer else "nothing seen",
    )
