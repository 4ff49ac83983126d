"""`POST /v1/{track}/predict`: a clip in, or a recording; classes out, or a forecast, or the clip again."""

from collections.abc import Iterator
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from pipeline.predictor import Answer
from serving.answering.questions import Reply
from serving.asking import asked, host_of
from serving.bodies.reading import Body, read_body
from serving.bodies.recordings import POSE
from serving.openapi import content, described, ref
from serving.schemas import GAPS, ONE_FRAME, PREDICTED, QUERY, SEVERAL

router = APIRouter(tags=["predict"])
SHOWN = ("forecast", "reconstruction")  # of a model's outputs, in the place of classes
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
ABOUT = (
    "A clip goes by the name of its form, `landmarks`, `bitmap`, `series` or `frames`, several of them as `clips`. A "
    "bitmap may be sent as a PNG or JPEG of dark ink on light paper, which is fitted into it whole; landmarks as a "
    "photograph, a video or a .pose file. Tracks that classify answer with classes, others with a forecast or with the "
    "clip again."
)


@router.post("/v1/{track}/predict", summary="What a clip is, or several are", description=ABOUT, **PREDICT)
async def predict(track: str, request: Request) -> Response:
    host = host_of(request)
    body = await read_body(request, host.takes(track), host.serve, request.app.state.recordings)
    how = {"version": body.version, "keep": body.store, "logged": not body.draft, "top": body.top}
    who = asked(request, "predict", id=body.id, **how)
    replies = await host.ask(track, body.clips, who)
    content = orjson.dumps(_told(track, who.id, body, replies), option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(content, media_type="application/json")


def _told(track: str, id: str, body: Body, replies: list[Reply]) -> dict[str, Any]:
    told = [one for reply in replies for one in _answers(reply)]
    first = replies[0]
    common = {"id": id, "track": track, "version": first.version, "role": first.role}
    return {**common, **told[0]} if body.single else {**common, "answers": told}


def _answers(reply: Reply) -> Iterator[dict[str, Any]]:
    """Yields what is told of each clip: its classes, or what the model answers in their place, by its name."""
    further = [name for name in SHOWN if name in reply.outputs]
    for i, (id, answer) in enumerate(zip(reply.ids, reply.answers, strict=True)):
        if further:
            values = {name: reply.outputs[name][i] if answer.seen > 0 else None for name in further}
            yield {"id": id, **values, "seen": answer.seen}
        else:
            yield {"id": id, **_answer(answer)}


def _answer(answer: Answer) -> dict[str, Any]:
    top = [{"label": label, "probability": probability} for label, probability in answer.top]
    score = answer.score if answer.top else None
    return {"label": answer.label, "score": score, "uncertain": answer.uncertain, "top": top, "seen": answer.seen}
