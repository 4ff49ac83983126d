"""BentoML: a service with one API, which takes arrays as JSON."""

import os

import bentoml  # pyright: ignore[reportMissingImports]
import numpy as np
import onnxruntime as ort


@bentoml.service(workers=1)
class Signs:
    def __init__(self) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
        self.names = [node.name for node in self.session.get_inputs()]

    @bentoml.api
    def predict(
        self, landmarks: np.ndarray, aspect: np.ndarray, fps: np.ndarray, handedness: np.ndarray
    ) -> dict[str, list[list[float]]]:
        known = {"landmarks": landmarks, "aspect": aspect, "fps": fps, "handedness": handedness}
        feeds = {name: known[name].astype(np.float32) for name in self.names}
        return {"logits": np.asarray(self.session.run(["logits"], feeds)[0]).tolist()}
