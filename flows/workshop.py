"""The workshop that the command line furnishes for sources of pictures: bundles, workers, finished clips, progress."""

from pathlib import Path

from flows import environment
from pipeline.detect.workshop import Workshop
from pipeline.params import Data, Images, Videos

FINISHED = "clips"  # in the state folder


def furnished(data: Data | None, *, state: Path | None = None) -> Workshop | None:
    """Returns what reading `data` takes: nothing for a source that holds landmarks already.

    Raises: InputError naming the bundle that is missing, or is not the pinned one.
    """
    if not isinstance(data, Videos | Images):
        return None
    from flows import executors
    from pipeline.detect import bundles

    return Workshop(
        executor=executors.build(environment.executor()),
        bundles=bundles.found(bundles.needed(data.detection), environment.assets()),
        finished=(state or environment.state_folder()) / FINISHED,
    )
