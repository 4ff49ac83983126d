"""Shapes in signatures are checked by beartype, in tests only; the hook must come before anything imports these."""

from jaxtyping import install_import_hook

CHECKED = ["pipeline.features", "pipeline.fitting", "pipeline.models", "pipeline.objectives"]

install_import_hook(CHECKED, "beartype.beartype")
