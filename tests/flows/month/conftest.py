import pytest

from . import answering


@pytest.fixture(scope="session")
def who(tmp_path_factory):
    return answering.make(tmp_path_factory.mktemp("month"))


@pytest.fixture(scope="session")
def reference(who):
    return answering.reference_of(who)
