"""What the tests of a folder share, because it takes long to make: a registry."""

import pytest

from registry.store import Store
from tests.registry.factories import Artifacts
from tests.serving.factories import store_with


@pytest.fixture(scope="session")
def shelf(tmp_path_factory) -> tuple[Store, list[Artifacts]]:
    """A registry whose second version, model 1, is in Production; it is read and not changed."""
    return store_with(tmp_path_factory.mktemp("shelf"), 0, 1)
