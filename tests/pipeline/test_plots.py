"""The tables that are drawn."""

import numpy as np

from pipeline.plots import flattened


def test_answers_that_are_alike_lie_together_and_the_picture_is_the_same_each_time():
    sure = np.full((9, 3), 0.05)
    sure[np.arange(9), np.repeat([0, 1, 2], 3)] = 0.9
    places = flattened(sure).to_numpy().reshape(3, 3, 2)
    assert np.ptp(places, axis=1).max() == 0
    apart = np.linalg.norm(places[:, None, 0] - places[None, :, 0], axis=-1)
    assert apart[np.triu_indices(3, 1)].min() > 1
    assert flattened(sure[::-1])[::-1].to_numpy().tolist() == flattened(sure).to_numpy().tolist()


def test_two_classes_leave_the_second_axis_flat():
    assert flattened(np.array([[0.9, 0.1]]))["y"].tolist() == [0.0]
