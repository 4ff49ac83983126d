"""One architecture a file; this is the door that builds one by its name in params.yaml."""

from importlib import import_module
from typing import Any

from pipeline.features import build_preprocess
from pipeline.models.recognizer import Recognizer
from pipeline.models.recurrent import Recurrent
from pipeline.params import Model
from pipeline.skeleton import skeleton as skeleton_by_name


def build(config: Model, *, skeleton: str, num_classes: int) -> Recognizer:
    """Builds preprocessing and network; weights come from Torch's global generator.

    Raises: InputError when the model's features are not made of the skeleton.
    """
    network: Any = import_module(f"pipeline.models.{config.name}").Network
    place = issubclass(network, Recurrent)
    preprocess = build_preprocess(config.features, skeleton_by_name(skeleton), place=place)
    return Recognizer(preprocess, network(config, preprocess.num_features, num_classes))
