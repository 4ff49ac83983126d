"""LitServe: one worker; arrays as JSON, their landmarks as numbers or as base64 of float32.

It reads JSON and forms alone, so base64 is the quickest way to bring it values.
"""

import base64
import os
from typing import Any

import litserve as ls  # pyright: ignore[reportMissingImports]
import numpy as np
import onnxruntime as ort


class Signs(ls.LitAPI):
    def setup(self, device: Any) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
        self.names = [node.name for node in self.session.get_inputs()]

    def decode_request(self, request: dict[str, Any]) -> dict[str, Any]:
        landmarks = request["landmarks"]
        if isinstance(landmarks, str):
            landmarks = np.frombuffer(base64.b64decode(landmarks), np.float32).reshape(1, -1, 75, 3)
        return request | {"landmarks": landmarks}

    def predict(self, x: dict[str, Any]) -> Any:
        feeds = {name: np.asarray(x[name], np.float32) for name in self.names}
        return np.asarray(self.session.run(["logits"], feeds)[0])

    def encode_response(self, output: Any) -> dict[str, Any]:
        return {"logits": output.tolist()}


if __name__ == "__main__":
    server = ls.LitServer(Signs(), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning", generate_client_file=False)
