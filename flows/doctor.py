"""`signloop doctor`: every check in turn, each with what it found and the command that mends it."""

import logging
from collections.abc import Callable, Iterable, Iterator

from flows.checks import Check, Place, disk, dvc, models, packages, project, serving
from pipeline.errors import SignloopError

Examine = Callable[[Place], Iterable[Check]]
CHECKS: dict[str, Examine] = {
    "python": packages.python,
    "packages": packages.locked,
    "known bad pairs": packages.pairs,
    "git": project.git,
    "params.yaml": project.parameters,
    "telemetry": project.telemetry,
    "disk": disk.room,
    "leftovers": disk.leftovers,
    "dvc": dvc.repository,
    "plots page": dvc.plots,
    "registry": models.registry,
    "prediction log": serving.predictions,
    "client secret": serving.secret,
}

logger = logging.getLogger(__name__)


def examine(place: Place, checks: dict[str, Examine] = CHECKS) -> Iterator[Check]:
    """Yields the findings as they come; a check that fails is a problem of its own, and the next one follows."""
    for name, check in checks.items():
        try:
            yield from check(place)
        except SignloopError as error:
            yield Check(name, "problem", str(error))
        except Exception as error:  # whatever a broken installation raises: it is what the doctor is asked about
            logger.debug("the check of %s failed", name, exc_info=True)
            found = f"the check itself failed: {type(error).__name__}: {error}"
            yield Check(name, "problem", found, "signloop --debug doctor")
