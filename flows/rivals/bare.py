"""The least that a server can do: FastAPI, orjson, ONNX Runtime; no checks, no batches, no log."""

import os

import numpy as np
import onnxruntime as ort
import orjson
import uvicorn
from fastapi import FastAPI, Request, Response

options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
names = [node.name for node in session.get_inputs()]
app = FastAPI()


@app.post("/json")
async def as_json(request: Request) -> Response:
    sent = orjson.loads(await request.body())
    logits = np.asarray(session.run(["logits"], {name: np.array(sent[name], np.float32) for name in names})[0])
    return Response(orjson.dumps({"logits": logits.tolist()}), media_type="application/json")


@app.post("/raw")
async def as_floats(request: Request) -> Response:
    landmarks = np.frombuffer(await request.body(), np.float32).reshape(1, -1, 75, 3)
    picture = {"aspect": 4 / 3, "fps": 30, "handedness": 1}
    known = {"landmarks": landmarks, **{name: np.full(1, value, np.float32) for name, value in picture.items()}}
    logits = np.asarray(session.run(["logits"], {name: known[name] for name in names})[0])
    return Response(logits.tobytes(), media_type="application/octet-stream")


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), log_level="warning", access_log=False)
