"""What sources of drawings share: bitmaps of one size as samples, and drawers where nobody says who drew."""

from typing import Any

import numpy as np
from jaxtyping import Int, UInt8
from numpy.typing import NDArray

from pipeline.samples import Samples


def samples(
    pictures: UInt8[np.ndarray, "N H W"],
    *,
    target: Int[np.ndarray, " N"],
    group: NDArray[Any],
    ids: NDArray[Any],
    class_names: tuple[str, ...],
    provenance: dict[str, Any],
) -> Samples:
    """Returns drawings as samples of one row each; pictures are not copied, a million take a gigabyte."""
    unknown = np.full(len(pictures), np.nan, np.float32)
    return Samples(
        values=pictures,
        offsets=np.arange(len(pictures) + 1, dtype=np.int64),
        target=target.astype(np.int64),
        group=group,
        id=ids,
        fps=unknown,
        aspect=np.full(len(pictures), pictures.shape[2] / pictures.shape[1], np.float32),
        handedness=unknown,
        class_names=class_names,
        form="bitmap",
        provenance=provenance,
    )


def blocks(count: int, num: int) -> NDArray[Any]:
    """Returns the group of each of a class's drawings, in order: `num` contiguous blocks, as even as may be.

    Neighbours of a file share a drawer more often than strangers do, and a share of its end is whole blocks.
    """
    names = np.array([f"block_{number:02d}" for number in range(num)], dtype=object)
    return names[np.arange(count) * num // max(count, 1)]
