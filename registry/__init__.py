"""Names in MLflow: runs, versions with their bytes, aliases, and the gate in front of Production."""

from registry.load import load  # imported here, before anything else can: the function must win over its module's name

__all__ = ["load"]
