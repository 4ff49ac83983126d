"""The model card, in Markdown: what a version is, how good, why it was promoted or refused, where it came from.

Source: the headings follow Mitchell et al. 2019, Model Cards for Model Reporting, section 4.
"""

from typing import Any

from pipeline.contract import OF_OBJECTIVE, Contract
from pipeline.form import form
from registry.candidate import Candidate, Source

HEADLINES = (
    "accuracy",
    "accuracy_low",
    "top3_accuracy",
    "macro_f1",
    "worst_class_recall",
    "worst_group_accuracy",
    "ece",
    "ece_uncalibrated",
    "certain_accuracy",
    "uncertain_share",
    "mae",
    "rmse",
    "mse",
    "ssim",
    "span",
)
CLASSES = "It names the class that a clip resembles most, also for clips that show none of them. "


def card(candidate: Candidate, record: dict[str, Any]) -> str:
    """Writes the card of a judged version; `record` is its decision."""
    source, contract = candidate.source, candidate.contract
    sections = {
        "Model": _list(
            {
                "architecture": contract.model,
                "features": contract.features,
                "input": _input(contract),
                "answers": _answers(contract),
                "precision": candidate.precision,
            }
        ),
        "Use": (
            "```python\nfrom registry import load\n\n"
            f"load({source.track!r}, version={record['version']}).predict(x)\n```\n\n"
            f'Elsewhere: `mlflow.onnx.load_model("models:/{source.track}/{record["version"]}")`. '
            + (CLASSES if contract.class_names else "")
            + "It is measured on the data below, and says nothing of others."
        ),
        "Decision": f"**{record['status']}**\n\n" + "\n".join(f"- {reason}" for reason in record["reasons"]),
        "Metrics": _metrics(candidate),
        **({"Certainty": _certainty(candidate)} if contract.class_names else {}),
        "Data": _list(
            {
                "tested on": _tested(source),
                "learned from": f"{len(source.learned_groups)} groups",
                **{name: str(value) for name, value in sorted(source.test.provenance.items())},
            }
        ),
        "Lineage": _list(
            {
                **{f"{name} sha256": value for name, value in source.hashes.items()},
                "git commit": (source.lineage.commit or "none") + (" and dirty.diff" if source.lineage.dirty else ""),
            }
        ),
    }
    body = "\n".join(f"## {heading}\n\n{text}\n" for heading, text in sections.items())
    return f"# {source.track}, version {record['version']}\n\n{body}"


def _input(contract: Contract) -> str:
    if form(contract.form).has_points:
        return f"landmarks of skeleton '{contract.form}', as recorded; what was not seen is NaN"
    return f"'{contract.form}' of rows {list(contract.shape)}: {form(contract.form).words}"


def _answers(contract: Contract) -> str:
    if not contract.class_names:
        return f"the output '{OF_OBJECTIVE[contract.objective]}'"
    return f"{len(contract.class_names)} classes: {', '.join(contract.class_names)}"


def _tested(source: Source) -> str:
    groups = set(source.test.group.astype(str))
    shared = len(groups & set(source.learned_groups))
    known = f"{shared} of them learned from, by other clips" if shared else "none of them learned from"
    return f"{len(source.test)} clips of {len(groups)} groups, {known}"


def _certainty(candidate: Candidate) -> str:
    return (
        f"{candidate.calibration.in_words()}.\n\n"
        "Probabilities are calibrated so, in what is measured above and in what is served."
    )


def _list(items: dict[str, str]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in items.items())


def _metrics(candidate: Candidate) -> str:
    rows = [
        f"| {name} | {candidate.metrics[name]:.4f} |"
        for name in HEADLINES
        if isinstance(candidate.metrics.get(name), float)
    ]
    return "\n".join(["| metric | on the test clips |", "| --- | ---: |", *rows])
