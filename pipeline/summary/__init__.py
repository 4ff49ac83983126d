"""A dozen figures about a clip that a person understands: what drift reports compare, a file a skeleton.

The server asks for them with each answer: nothing here imports pandas before a table is asked for.
"""

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from pipeline.samples import Samples
from pipeline.summary import body, hand

if TYPE_CHECKING:
    import pandas as pd


def figures(samples: Samples) -> dict[str, NDArray[Any]]:
    """Returns each figure by name, one value a clip in stored order; NaN where a clip does not let it be measured."""
    of = {"hand": hand.figures, "holistic": body.figures}[samples.skeleton]
    return of(samples)


def summarise(samples: Samples) -> "pd.DataFrame":
    """Returns the same figures as a table, one row a clip."""
    import pandas as pd

    return pd.DataFrame(figures(samples))
