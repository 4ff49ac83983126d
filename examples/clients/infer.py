"""Asks by the Open Inference Protocol, as of any server of Triton's or KServe's kind: infer.py TRACK CLIP.json"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import tritonclient.http as triton

URL = os.environ.get("SIGNLOOP_URL", "http://127.0.0.1:8080")
KEY = os.environ.get("SIGNLOOP_KEY")


def infer(track: str, landmarks: np.ndarray) -> dict[str, object]:
    """Returns the version that answered, and the classes by their probability, of a clip [T, V, 3]."""
    client = triton.InferenceServerClient(URL.partition("://")[2])
    headers = {"Authorization": f"Bearer {KEY}"} if KEY else None
    clip = triton.InferInput("landmarks", [1, *landmarks.shape], "FP32")
    clip.set_data_from_numpy(landmarks[None])
    inputs = [clip]
    known = {tensor["name"] for tensor in client.get_model_metadata(track, headers=headers)["inputs"]}
    for name, value in {"aspect": 4 / 3, "fps": 30.0, "handedness": float("nan")}.items():
        if name in known:
            tensor = triton.InferInput(name, [1], "FP32")
            tensor.set_data_from_numpy(np.full(1, value, np.float32))
            inputs.append(tensor)
    answer = client.infer(track, inputs, headers=headers)
    logits = answer.as_numpy("logits")
    return {"version": answer.get_response()["model_version"], "best": int(logits[0].argmax())}


if __name__ == "__main__":
    frames = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    sys.stdout.write(json.dumps(infer(sys.argv[1], np.array(frames, np.float32))) + "\n")
