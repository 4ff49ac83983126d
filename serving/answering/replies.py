"""A model's outputs to replies: what a request is told of each of its clips, with classes where the model has them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.predictor import Answer, ranked
from serving.answering.questions import Question, Reply
from serving.answering.served import Outputs, Served

Answered = tuple[NDArray[np.float64], tuple[Answer, ...]]  # probabilities, and what is told of each clip


def replies(questions: Sequence[Question], outputs: Outputs, *, now_s: float) -> list[Reply]:
    """Returns what a version that answered all questions at once said to each of them."""
    served, first = questions[0].served, 0
    said = []
    for question in questions:
        rows = slice(first, first := first + len(question.clips))
        own = {name: values[rows] for name, values in outputs.items()}
        answered = _ranked(served, own, question.top) if served.classifies else _unranked(served, own)
        reply = Reply(
            version=question.served.version,
            role=question.role,
            outputs=own,
            probabilities=answered[0],
            answers=answered[1],
            id=question.id,
            latency_ms=1000 * (now_s - question.came_s),
        )
        said.append(reply)
    return said


def _ranked(served: Served, outputs: Outputs, top: int) -> Answered:
    """Returns the classes of each clip, the likeliest first."""
    contract, calibration = served.contract, served.predictor.calibration
    probabilities = calibration.probabilities(outputs["logits"])
    answers = tuple(
        ranked(contract, p, float(s), calibration, top=top, known=bool(s > 0))
        for p, s in zip(probabilities, outputs["seen"], strict=True)
    )
    return probabilities, answers


def _unranked(served: Served, outputs: Outputs) -> Answered:
    """Returns answers that are numbers of their own: no class is the likeliest."""
    nothing, seen = served.contract.nothing, outputs["seen"]
    answers = tuple(Answer("" if s > 0 else nothing, float("nan"), (), float(s)) for s in seen)
    return np.empty((len(seen), 0)), answers
