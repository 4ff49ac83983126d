"""Which points are hidden, how, and what a wrong answer costs, with numbers that one checks by hand."""

import pytest
import torch

from pipeline.objectives.masked_landmarks import choose, hide, loss

PARTS = [0, 0, 0, 1, 1]


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def chosen(mask: str, *, share: float = 0.15, span: int = 6, seen: torch.Tensor | None = None) -> torch.Tensor:
    seen = torch.ones(200, 60, 5, dtype=torch.bool) if seen is None else seen
    return choose(seen, PARTS, share=share, mask=mask, span=span, generator=chance())


@pytest.mark.parametrize("mask", ["points", "spans", "parts"])
@pytest.mark.parametrize("share", [0.15, 0.5])
def test_the_share_of_points_is_the_one_asked_for_in_every_frame(mask: str, share: float):
    found = chosen(mask, share=share).float()
    assert found.mean() == pytest.approx(share, abs=0.02)
    assert found.mean((0, 2)).std() < 0.04, "first and last frames as any"


def test_only_seen_points_are_chosen():
    seen = torch.rand(200, 60, 5, generator=chance(1)) < 0.5
    found = chosen("points", seen=seen)
    assert not (found & ~seen).any()
    assert found.sum() / seen.sum() == pytest.approx(0.15, abs=0.01)


def test_spans_are_of_one_point_and_at_least_as_long():
    """Runs that neither begin nor end with the clip."""
    found = chosen("spans")
    for point in found[:40].permute(0, 2, 1).reshape(-1, 60).tolist():
        text = "".join("x" if value else "." for value in point).strip("x")
        assert all(len(run) >= 6 for run in text.split(".") if run)
    assert not torch.equal(found[..., 0], found[..., 1])


def test_parts_are_hidden_as_wholes():
    found = chosen("parts")
    assert torch.equal(found[..., 0], found[..., 1])
    assert torch.equal(found[..., 0], found[..., 2])
    assert torch.equal(found[..., 3], found[..., 4])
    assert not torch.equal(found[..., 0], found[..., 3])


def test_of_the_chosen_most_show_the_token_some_chance_and_some_themselves():
    points = torch.full((100, 20, 5, 2), 7.0)
    where = torch.rand(100, 20, 5, generator=chance(1)) < 0.5
    token = torch.tensor([-1.0, -2.0])
    shown = hide(points, where, token, chance())
    assert (shown[~where] == 7).all()
    is_token, is_itself = (shown[where] == token).all(-1), (shown[where] == 7).all(-1)
    assert is_token.float().mean() == pytest.approx(0.8, abs=0.02)
    assert is_itself.float().mean() == pytest.approx(0.1, abs=0.02)
    random = shown[where][~is_token & ~is_itself]
    assert random.std() == pytest.approx(1.0, abs=0.1)


def test_the_token_learns_from_what_it_hides():
    token = torch.zeros(2, requires_grad=True)
    hide(torch.ones(4, 5, 5, 2), torch.ones(4, 5, 5, dtype=torch.bool), token, chance()).sum().backward()
    assert token.grad is not None
    assert (token.grad > 0).all()


def test_only_chosen_points_are_counted_and_movement_costs_a_tenth():
    """Told 2 where 5 was, of two coordinates each: 9. It moves by 2 from frame 0 to 1; frame 2 is not seen."""
    points, told = torch.zeros(1, 3, 1, 2), torch.zeros(1, 3, 1, 2)
    points[0, 1], told[0, 1], told[0, 2] = 5.0, 2.0, 50.0
    where, seen = torch.tensor([[[False], [True], [False]]]), torch.tensor([[True, True, False]])
    assert loss(told, points, where, seen, smoothness=0.0).item() == pytest.approx(9.0)
    assert loss(told, points, where, seen, smoothness=0.1).item() == pytest.approx(9.0 + 0.1 * 4.0)


def test_a_batch_without_a_chosen_point_costs_nothing_and_is_finite():
    nothing = torch.zeros(2, 1, 3, dtype=torch.bool)
    found = loss(torch.ones(2, 1, 3, 2), torch.zeros(2, 1, 3, 2), nothing, nothing[..., 0], smoothness=0.1)
    assert found.item() == 0.0
