"""The registry that the server's tests serve."""

from tests.serving.conftest import registered, store

__all__ = ["registered", "store"]
