"""What bodies look like, as OpenAPI's component schemas, and examples of them that can be sent as they are."""

from typing import Any

Json = dict[str, Any]

ID = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
VERSION = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
ROLE = {"enum": ["production", "canary", "pinned"]}
COORDINATE = {"type": ["number", "null"], "minimum": -1e6, "maximum": 1e6}
POINT = {"type": ["array", "null"], "items": COORDINATE, "minItems": 3, "maxItems": 3}
FRAME = {"type": ["array", "null"], "items": POINT, "minItems": 21, "maxItems": 75}
CLIP = {
    "type": "array",
    "items": FRAME,
    "minItems": 1,
    "description": "Frames of points [x, y, z], as many as the track's skeleton has: 21 of a hand, 75 of a body. "
    "As MediaPipe gives them, normalised by the picture's width and height; null for what was not seen.",
}

GREY = {"type": "number", "minimum": 0, "maximum": 255}
BITMAP = {
    "type": "array",
    "items": {"type": "array", "items": GREY, "minItems": 1},
    "minItems": 1,
    "description": "Rows of grey values, 0 paper to 255 ink, as high and wide as the track's bitmaps.",
}
SERIES = {
    "type": "array",
    "items": {"oneOf": [{"type": ["number", "null"]}, {"type": "array", "items": {"type": ["number", "null"]}}]},
    "minItems": 1,
    "description": "A row a step, a number a channel, null where it is missing; of one channel a list of numbers.",
}
FRAMES = {
    "type": "array",
    "items": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
    "minItems": 1,
    "description": "Pictures, one after the other: rows of grey values, 0 black to 1 white.",
}
FORMS = {"landmarks": CLIP, "bitmap": BITMAP, "series": SERIES, "frames": FRAMES}


def _object(required: str, **properties: Any) -> Json:
    return {"type": "object", "required": required.split(), "properties": properties}


def _either(schema: Json) -> Json:
    return {"oneOf": [schema, {"type": "array", "items": schema, "minItems": 1}, {"type": "null"}]}


TENSOR = _object(
    "name shape datatype",
    name={"type": "string"},
    shape={"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, "minItems": 1},
    datatype={"enum": ["FP32", "FP64", "FP16", *(f"{u}INT{bits}" for u in ("", "U") for bits in (8, 16, 32, 64))]},
    data={"type": "array", "description": "Flat, or in lists of lists; null is NaN."},
    parameters=_object("", binary_data_size={"type": "integer", "minimum": 0}),
)
SPEC = _object(
    "name datatype shape",
    name={"type": "string"},
    datatype={"type": "string"},
    shape={"type": "array", "items": {"type": "integer", "minimum": -1}},
)
ANSWER = {
    "id": {**ID, "description": "In the log: the one that was sent, unless it was in the log already."},
    "label": {"type": "string", "description": "'no hand' where nobody was seen, 'nothing drawn', 'no values'."},
    "score": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    "uncertain": {
        "type": ["boolean", "null"],
        "description": "Below the threshold that was chosen on validation clips; null where there is none.",
    },
    "top": {"type": "array", "items": _object("label probability", label={"type": "string"}, probability=SHARE)},
    "seen": {**SHARE, "description": "Share of frames or steps in which something was seen."},
}
CLASSIFIED = ["label", "score", "uncertain", "top"]
NUMBERS = {  # what is answered in the place of classes
    "forecast": {"type": ["array", "null"], "description": "A row a step to come; null where no value was sent."},
    "reconstruction": {"type": ["array", "null"], "description": "The clip again, as the model keeps it."},
}
WHO = {"track": {"type": "string"}, "version": VERSION, "role": ROLE}

SCHEMAS: dict[str, Json] = {
    "Problem": {
        **_object(
            "type title status detail error",
            type={"type": "string"},
            title={"type": "string"},
            status={"type": "integer", "minimum": 400, "maximum": 599},
            detail={"type": "string", "description": "What is wrong, and what to send instead."},
            error={"type": "string", "description": "The same, where clients of the Open Inference Protocol look."},
        ),
        "description": "RFC 9457",
    },
    "Question": {
        **_object(
            "",
            **FORMS,
            clips={
                "type": "array",
                "items": {"anyOf": list(FORMS.values())},
                "minItems": 1,
                "description": "Several of the track's own form.",
            },
            aspect=_either({"type": "number", "exclusiveMinimum": 0, "maximum": 1e6}),
            fps=_either({"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1e6}),
            handedness=_either({"enum": ["right", "left", 0, 1]}),
            top={"type": "integer", "minimum": 1, "maximum": 1000, "default": 3},
            id=ID,
            version={**VERSION, "description": "Another version than that in Production."},
            store={"type": "boolean", "default": False, "description": "Keep what was sent, for a bounded time."},
            draft={
                "type": "boolean",
                "default": False,
                "description": "It is not finished, as a drawing on its way: the answer goes into no log.",
            },
        ),
        "additionalProperties": False,
        "oneOf": [{"required": [name]} for name in (*FORMS, "clips")],
        "description": "A clip by the name of the track's form (/v2/models/TRACK tells it), or several.",
    },
    "Prediction": {
        **_object("id track version role seen", **WHO, **ANSWER, **NUMBERS),
        "oneOf": [{"required": CLASSIFIED}, *({"required": [name]} for name in NUMBERS)],
    },
    "Predictions": _object(
        "id track version role answers",
        id=ID,
        **WHO,
        answers={
            "type": "array",
            "items": {
                **_object("id seen", **ANSWER, **NUMBERS),
                "oneOf": [{"required": CLASSIFIED}, *({"required": [name]} for name in NUMBERS)],
            },
        },
    ),
    "InferRequest": _object(
        "inputs",
        id=ID,
        inputs={"type": "array", "items": TENSOR, "minItems": 1, "maxItems": 16},
        outputs={
            "type": "array",
            "maxItems": 16,
            "items": _object(
                "name",
                name={"enum": ["logits", "seen", "probabilities", "label", "forecast", "reconstruction"]},
                parameters=_object(
                    "",
                    binary_data={"type": "boolean"},
                    classification={"type": "integer", "minimum": 0, "maximum": 1000},
                ),
            ),
        },
        parameters=_object("", binary_data_output={"type": "boolean"}),
    ),
    "InferResponse": _object(
        "model_name model_version id outputs",
        model_name={"type": "string"},
        model_version={"type": "string"},
        id=ID,
        parameters=_object(
            "version role prediction",
            version=VERSION,
            role=ROLE,
            prediction={**ID, "description": "Under it, or of several clips under PREDICTION.0, …, it is in the log."},
        ),
        outputs={
            "type": "array",
            "items": _object(
                "name datatype shape",
                name={"type": "string"},
                datatype={"enum": ["FP32", "BYTES"]},
                shape={"type": "array", "items": {"type": "integer"}},
                data={"type": "array"},
            ),
        },
    ),
    "Word": {
        **_object(
            "id",
            id={**ID, "description": "Of an answer of this client's."},
            label={"type": ["string", "null"], "description": "What it truly was; none, or the same, confirms it."},
            note={"type": ["string", "null"], "maxLength": 1000},
        ),
        "additionalProperties": False,
    },
    "Correction": _object(
        "id kind label time note",
        id=ID,
        kind={"enum": ["corrected", "confirmed", "withdrawn"]},
        label={"type": ["string", "null"]},
        time={"type": "string", "format": "date-time"},
        note={"type": "string"},
    ),
    "Review": _object(
        "track answers",
        track={"type": "string"},
        answers={
            "type": "array",
            "items": _object(
                "id time version label confidence top entropy uncertain source kept doubt",
                id=ID,
                time={"type": "string", "format": "date-time"},
                version=VERSION,
                label={"type": "string"},
                confidence={"type": ["number", "null"], "minimum": 0, "maximum": 1},
                top={"type": "array", "items": {"type": "array"}},
                entropy={"type": ["number", "null"], "minimum": 0},
                uncertain={"type": ["boolean", "null"]},
                source={"type": "string"},
                kept={"type": "boolean", "description": "Whether what was sent is there, to be learned from."},
                doubt=SHARE,
            ),
        },
    ),
    "Server": _object(
        "name version extensions",
        name={"type": "string"},
        version={"type": "string"},
        extensions={"type": "array", "items": {"type": "string"}},
    ),
    "Model": _object(
        "name versions platform inputs outputs",
        name={"type": "string"},
        versions={"type": "array", "items": {"type": "string"}},
        platform={"type": "string"},
        inputs={"type": "array", "items": SPEC},
        outputs={"type": "array", "items": SPEC},
        parameters=_object(
            "",
            version=VERSION,
            form={"type": "string"},
            objective={"type": "string"},
            class_names={"type": "array", "items": {"type": "string"}},
        ),
    ),
    "Index": {
        "type": "array",
        "items": _object(
            "name version state reason",
            name={"type": "string"},
            version={"type": "string"},
            state={"enum": ["READY", "UNAVAILABLE"]},
            reason={"type": "string"},
        ),
    },
    "Live": _object("live", live={"type": "boolean"}),
    "Ready": _object("ready", ready={"type": "boolean"}),
    "Health": _object(
        "ready registry waiting tracks",
        ready={"type": "boolean"},
        registry=_object("state", state={"enum": ["ok", "away"]}),
        waiting={"type": "integer", "minimum": 0},
        tracks={"type": "object", "additionalProperties": {"type": "object"}},
    ),
}

# What a body that is no JSON leaves to the address.
QUERY = [
    {"name": name, "in": "query", "schema": schema, "description": "Of a body that is no JSON."}
    for name, schema in {
        "aspect": {"type": "number", "exclusiveMinimum": 0, "maximum": 1e6},
        "fps": {"type": "number", "exclusiveMinimum": 0, "maximum": 1e6},
        "handedness": {"enum": ["right", "left"]},
        "top": {"type": "integer", "minimum": 1, "maximum": 1000},
        "id": ID,
        "version": VERSION,
        "store": {"type": "boolean"},
        "draft": {"type": "boolean"},
    }.items()
]

HAND = [[round(0.40 + 0.01 * i, 2), round(0.80 - 0.02 * i, 2), 0.0] for i in range(21)]
ONE_FRAME = {"landmarks": [HAND], "aspect": 1.78, "handedness": "right", "top": 3}
GAPS = {"landmarks": [HAND, None, [*HAND[:20], None]], "fps": 30}
SEVERAL = {"clips": [[HAND], [HAND, HAND]], "store": False}
ANSWERED = "9f1c2d3e4b5a69788796a5b4c3d2e1f0"
PREDICTED = {
    "id": ANSWERED,
    "track": "letters",
    "version": 3,
    "role": "production",
    "label": "B",
    "score": 0.93,
    "uncertain": False,
    "top": [{"label": "B", "probability": 0.93}, {"label": "F", "probability": 0.04}],
    "seen": 1.0,
}
CORRECTION = {"id": ANSWERED, "label": "B", "note": "seen on the recording"}
CONFIRMED = {"id": ANSWERED}
CORRECTED = {**CORRECTION, "kind": "corrected", "time": "2026-11-21T09:30:00+00:00"}
DOUBTFUL = {
    "track": "letters",
    "answers": [
        {
            "id": ANSWERED,
            "time": "2026-11-21T09:29:00+00:00",
            "version": 3,
            "label": "F",
            "confidence": 0.41,
            "top": [["F", 0.41], ["B", 0.38]],
            "entropy": 1.2,
            "uncertain": True,
            "source": "predict",
            "kept": False,
            "doubt": 0.9,
        }
    ],
}
FLAT = [number for point in HAND for number in point]
TENSORS = {
    "inputs": [{"name": "landmarks", "shape": [1, 1, 21, 3], "datatype": "FP32", "data": FLAT}],
    "outputs": [{"name": "logits"}, {"name": "label"}],
}
INFERRED = {
    "model_name": "letters",
    "model_version": "3",
    "id": ANSWERED,
    "parameters": {"version": 3, "role": "production", "prediction": ANSWERED},
    "outputs": [
        {"name": "logits", "datatype": "FP32", "shape": [1, 2], "data": [0.3, 4.1]},
        {"name": "label", "datatype": "BYTES", "shape": [1], "data": ["B"]},
    ],
}
