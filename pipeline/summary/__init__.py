"""A dozen figures about a clip that a person understands: what drift reports compare, a file a skeleton."""

import pandas as pd

from pipeline.samples import Samples
from pipeline.summary import body, hand


def summarise(samples: Samples) -> pd.DataFrame:
    """Returns one row a clip, in stored order; NaN where a clip does not let it be measured."""
    figures = {"hand": hand.figures, "holistic": body.figures}[samples.skeleton]
    return figures(samples)
