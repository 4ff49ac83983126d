"""Stage `pretrain`: with `none`, an empty encoder that reads as one."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from pipeline.errors import InputError
from pipeline.params import Pretrain
from pipeline.pretrain import pretrain, read_encoder


def test_none_writes_a_valid_encoder_without_tensors(tmp_path: Path):
    for name in ("a", "b"):
        pretrain(Pretrain(), samples=tmp_path / "x.h5", split=tmp_path / "x.json", out=tmp_path / name)
    assert read_encoder(tmp_path / "a") == ({}, {"method": "none"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_tensors_are_read_by_name(tmp_path: Path):
    save_file({"w": np.arange(6.0).reshape(2, 3)}, tmp_path / "e", metadata={"method": "masked"})
    tensors, metadata = read_encoder(tmp_path / "e")
    np.testing.assert_array_equal(tensors["w"], [[0, 1, 2], [3, 4, 5]])
    assert metadata == {"method": "masked"}


def test_a_missing_or_cut_off_encoder_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"none' does not exist"):
        read_encoder(tmp_path / "none")
    pretrain(Pretrain(), samples=tmp_path, split=tmp_path, out=tmp_path / "e")
    for size in (0, 5, 20):
        (tmp_path / "cut").write_bytes((tmp_path / "e").read_bytes()[:size])
        with pytest.raises(InputError, match=r"cut' is not a whole encoder"):
            read_encoder(tmp_path / "cut")
