"""One architecture a file; this is the door that builds one by its name in params.yaml."""

from importlib import import_module
from typing import Any

from pipeline.models.recognizer import Recognizer
from pipeline.models.recurrent import Recurrent
from pipeline.params import Model
from pipeline.skeleton import skeleton as skeleton_by_name


def build(config: Model, *, skeleton: str, num_classes: int) -> Recognizer:
    """Builds preprocessing and network; weights come from Torch's global generator."""
    from pipeline.features.preprocess import Preprocess

    network: Any = import_module(f"pipeline.models.{config.name}").Network
    preprocess = Preprocess(config.features, skeleton_by_name(skeleton), place=issubclass(network, Recurrent))
    return Recognizer(preprocess, network(config, preprocess.num_features, num_classes))
