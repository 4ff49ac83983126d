"""Logits to replies: probabilities, labels, and what a request is told of each of its clips."""

from collections.abc import Sequence

from pipeline.predictor import ranked
from serving.answering.questions import Question, Reply
from serving.bodies.clips import Floats


def replies(questions: Sequence[Question], logits: Floats, seen: Floats, *, now_s: float) -> list[Reply]:
    """Returns what a version that answered all questions at once said to each of them."""
    predictor = questions[0].served.predictor
    names, calibration = predictor.contract.class_names, predictor.calibration
    probabilities = calibration.probabilities(logits)
    said, first = [], 0
    for question in questions:
        rows = slice(first, first := first + len(question.clips))
        answers = tuple(
            ranked(names, p, float(s), calibration, top=question.top, known=bool(s > 0))
            for p, s in zip(probabilities[rows], seen[rows], strict=True)
        )
        reply = Reply(
            version=question.served.version,
            role=question.role,
            logits=logits[rows],
            seen=seen[rows],
            probabilities=probabilities[rows],
            answers=answers,
            id=question.id,
            latency_ms=1000 * (now_s - question.came_s),
        )
        said.append(reply)
    return said
