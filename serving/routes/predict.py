"""`POST /v1/{track}/predict`: landmarks in, or a recording, the likeliest classes out."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from pipeline.contract import NO_HAND
from pipeline.predictor import Answer
from serving.answering.questions import Reply
from serving.asking import asked, host_of
from serving.bodies.reading import Body, read_body
from serving.bodies.recordings import POSE
from serving.openapi import content, described, ref
from serving.schemas import GAPS, ONE_FRAME, PREDICTED, QUERY, SEVERAL

router = APIRouter(tags=["predict"])
BYTES = {"schema": {"type": "string", "format": "binary"}}
PREDICT = described(
    parameters=QUERY,
    takes={
        "application/json": content(ref("Question"), one_frame=ONE_FRAME, gaps=GAPS, several_clips=SEVERAL),
        **dict.fromkeys(("application/x-npy", "application/x-npz", POSE, "image/*", "video/*"), BYTES),
    },
    answers={"application/json": content({"anyOf": [ref("Prediction"), ref("Predictions")]}, one_clip=PREDICTED)},
    problems=(404,),
)


@router.post("/v1/{track}/predict", summary="The likeliest classes of a clip, or of several", **PREDICT)
async def predict(track: str, request: Request) -> Response:
    host = host_of(request)
    body = await read_body(request, host.points(track), host.serve, request.app.state.recordings)
    who = asked(request, "predict", id=body.id, version=body.version, keep=body.store, top=body.top)
    replies = await host.ask(track, body.clips, who)
    return Response(orjson.dumps(_told(track, who.id, body, replies)), media_type="application/json")


def _told(track: str, id: str, body: Body, replies: list[Reply]) -> dict[str, Any]:
    told = [
        {"id": id, **_answer(answer)} for reply in replies for id, answer in zip(reply.ids, reply.answers, strict=True)
    ]
    first = replies[0]
    common = {"id": id, "track": track, "version": first.version, "role": first.role}
    return {**common, **told[0]} if body.single else {**common, "answers": told}


def _answer(answer: Answer) -> dict[str, Any]:
    top = [{"label": label, "probability": probability} for label, probability in answer.top]
    score = None if answer.label == NO_HAND else answer.score
    return {"label": answer.label, "score": score, "uncertain": answer.uncertain, "top": top, "seen": answer.seen}
