"""One architecture a file; this is the door that builds one by its name in params.yaml."""

from importlib import import_module
from typing import Any

from pipeline.features import build_preprocess
from pipeline.models.recognizer import Recognizer
from pipeline.models.recurrent import Recurrent
from pipeline.params import Model


def build(config: Model, *, form: str, num_classes: int, row: tuple[int, ...] = ()) -> Recognizer:
    """Builds preprocessing and network; weights come from Torch's global generator.

    row  shape of a row of values; of a form that does not leave it to the data it may be left out

    Raises: InputError when the model's features are not measured on the form.
    """
    network: Any = import_module(f"pipeline.models.{config.name}").Network
    place = issubclass(network, Recurrent)
    preprocess = build_preprocess(config.features, form, row, place=place)
    return Recognizer(preprocess, network(config, preprocess.num_features, num_classes))
