"""What looks at clips, described: another hash is another extractor, and its clips never meet these."""

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from pipeline.detect import bundles
from pipeline.params import Detection


def extractor(detection: Detection, names: Iterable[str] | None = None) -> dict[str, Any]:
    """Describes detectors of these bundles; None: those that the points are found by. No bundle has to be there."""
    from pipeline.detect.clip import VERSION

    names = bundles.needed(detection) if names is None else names
    says = {
        "version": VERSION,
        "mediapipe": version("mediapipe"),
        "bundles": {name: bundles.BUNDLES[name].sha256 for name in sorted(names)},
        "detection": detection.model_dump(mode="json"),
    }
    return {"hash": digest(says), **says}


def digest(says: Any) -> str:
    """Returns the hash of what JSON can hold."""
    return hashlib.sha256(json.dumps(says, sort_keys=True).encode()).hexdigest()
