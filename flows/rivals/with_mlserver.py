"""MLServer: a runtime of one's own, for the Open Inference Protocol."""

import os

import numpy as np
import onnxruntime as ort
from mlserver import MLModel  # pyright: ignore[reportMissingImports]
from mlserver.codecs import NumpyCodec  # pyright: ignore[reportMissingImports]
from mlserver.types import InferenceRequest, InferenceResponse  # pyright: ignore[reportMissingImports]


class Signs(MLModel):
    async def load(self) -> bool:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
        self.names = [node.name for node in self.session.get_inputs()]
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        known = {part.name: NumpyCodec.decode_input(part).astype(np.float32) for part in payload.inputs}
        logits = self.session.run(["logits"], {name: known[name] for name in self.names})[0]
        output = NumpyCodec.encode_output("logits", logits)
        return InferenceResponse(model_name=self.name, outputs=[output])
