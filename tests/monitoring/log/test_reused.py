"""Ids that are sent again: what this process remembers of them, and for how long."""

from monitoring.log.entry import ID
from monitoring.log.reused import Used, second, seconds


def test_a_second_has_a_name_of_its_own_for_every_id_and_client() -> None:
    assert second("x", "ada") == second("x", "ada")
    assert len({second("x", "ada"), second("x", "bo"), second("y", "ada"), second("x", "")}) == 4
    assert ID.fullmatch(f"{second('x' * 64, 'ada')}.{10**9}")


def test_a_second_answer_is_looked_for_under_the_id_and_under_that_of_the_request() -> None:
    assert seconds("x", "ada") == [second("x", "ada")]
    assert seconds("x.3", "ada") == [second("x.3", "ada"), f"{second('x', 'ada')}.3"]
    assert seconds(".3", "") == [second(".3", "")]


def test_what_was_noted_is_not_tried_again_until_it_is_forgotten() -> None:
    used = Used(most=2)
    assert used.free("x", "ada") == "x"
    used.note("x")
    assert used.free("x", "ada") == second("x", "ada")
    used.note(second("x", "ada"))
    assert len({used.free("x", "ada") for _ in range(3)}) == 3
    used.note("y")  # the one that was longest of no use goes
    assert used.free("x", "ada") == "x"
    assert used.free("y", "ada") == second("y", "ada")
