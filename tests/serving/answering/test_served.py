"""What a version is held to before it answers anybody."""

import pytest

from pipeline.errors import InputError, RegistryError
from registry import versions
from serving.answering.served import load
from tests.serving import broken
from tests.serving.factories import label_of, question


def test_a_version_that_stands_its_check_answers(store):
    served = load(store, versions.named(store, "letters", number=2))
    assert (served.track, served.version, served.status, served.takes.said) == (
        "letters",
        2,
        "passed",
        "[frames, 21, 3]",
    )
    assert served.steps is None
    outputs = served.answer(question(served, 2).clips)
    assert label_of(outputs["logits"]) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (broken.not_a_number, "with NaN or infinity"),
        (broken.of_two_classes, r"expected finite answers \[1, 3\].*got \[1, 2\]"),
        (broken.for_long_clips, r"does not answer clips of 1 frame"),
        (broken.no_model, "model.onnx"),
    ],
)
def test_a_model_that_does_not_answer_as_it_says_is_refused(store, tmp_path, change, words):
    number = broken.register(store, tmp_path / "changed", change)
    with pytest.raises(InputError, match=words):
        load(store, versions.named(store, "letters", number=number))


def test_bytes_that_are_not_those_that_were_registered_are_refused(store, tmp_path):
    number = broken.register(store, tmp_path / "copy", lambda path: None)
    version = versions.named(store, "letters", number=number)
    assert load(store, version).version == number
    with versions.files(store, version) as folder:
        model = folder / versions.ONNX
        model.write_bytes(model.read_bytes() + b"\0")
        with pytest.raises(InputError, match=r"was registered with sha256 .*signloop models verify"):
            load(store, version)
        model.unlink()
        with pytest.raises((InputError, RegistryError), match=r"found nothing|has lost its files"):
            load(store, version)
