"""A dozen figures about a clip that a person understands: what drift reports compare, a file a form.

The server asks for them with each answer: nothing here imports pandas before a table is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from pipeline.samples import Samples

if TYPE_CHECKING:
    import pandas as pd


MODULES = {"hand": "hand", "holistic": "body", "bitmap": "bitmap", "series": "series"}


def module(form: str) -> str:
    """Names the module that measures samples of a form."""
    return f"pipeline.summary.{MODULES[form]}"


def figures(samples: Samples) -> dict[str, NDArray[Any]]:
    """Returns each figure by name, one value a clip in stored order; NaN where a clip does not let it be measured."""
    return import_module(module(samples.form)).figures(samples)


def summarise(samples: Samples) -> "pd.DataFrame":
    """Returns the same figures as a table, one row a clip."""
    import pandas as pd

    return pd.DataFrame(figures(samples))
