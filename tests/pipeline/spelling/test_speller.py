"""Frames four a second, without smoothing: what is committed when can be counted on one's fingers."""

import pytest

from pipeline.errors import InputError
from pipeline.spelling import Rules, Spelled, Speller, Word, WordList

RULES = Rules(smoothing_s=0, hold_s=0.5, repeat_s=1.0, pause_s=1.0, gap_s=0.5)
WORDS = WordList(("hello", "world"))
STEP_S = 0.25


def spell(speller: Speller, shown: str, *, start_s: float = 0.0, names: dict[str, str] | None = None) -> list[Spelled]:
    """Shows a character a frame; '.' is no hand, and `names` are classes that one character stands for."""
    answers = []
    for n, character in enumerate(shown):
        label = (names or {}).get(character, character)
        answers.append(speller.push(start_s + n * STEP_S, {} if character == "." else {label: 0.9, "Q": 0.1}))
    return answers


def test_letters_become_a_word_when_the_hand_is_gone():
    *before, last = spell(Speller(RULES, WORDS), "HHHEEELLL.LLLOOO....")  # HELLO, the hand away for a second
    assert [answer.committed for answer in before if answer.committed] == list("HELLO")
    assert [answer.text for answer in before][-1] == before[-1].letters == "HELLO"
    assert last.ended == (Word("HELLO", "HELLO"),)
    assert (last.letters, last.text) == ("", "HELLO")


def test_a_letter_held_on_is_written_twice():
    assert spell(Speller(RULES, WORDS), "LLLLLLL")[-1].text == "LL"  # at 0.5 and 1.5 s


def test_a_word_is_corrected_when_it_ends_and_an_unknown_one_stays():
    speller = Speller(RULES, WORDS)
    assert spell(speller, "HHHEEELLLOOO....")[-1].ended == (Word("HELLO", "HELO"),)
    assert spell(speller, "AAADDDAAA....", start_s=4.0)[-1].text == "HELLO ADA"


def test_the_hand_may_be_away_for_less_than_a_pause():
    assert spell(Speller(RULES, WORDS), "HHH..EEE")[-1].letters == "HE"


def test_a_pause_without_any_frame_ends_the_word_too_and_what_was_held_before_it_is_forgotten():
    speller = Speller(RULES, WORDS)
    spell(speller, "HHHEE")  # until 1.0 s; E lacks a quarter
    answer = speller.push(3.0, {"E": 0.9})
    assert answer.ended == (Word("H", "H"),)
    assert (answer.held, answer.progress, answer.letters) == ("E", 0.0, "")


def test_a_gap_is_no_hold():
    speller = Speller(RULES, WORDS)
    speller.push(0.0, {"A": 0.9})
    assert speller.push(0.75, {"A": 0.9}).committed is None
    assert speller.push(1.25, {"A": 0.9}).committed == "A"


def test_it_says_when_a_committed_letter_is_left_and_not_of_one_that_was_only_on_the_way():
    answers = spell(Speller(RULES, WORDS), "IIJJJJ.A")  # I on the way to J
    assert [answer.left for answer in answers] == [*[None] * 6, "J", None]
    speller = Speller(RULES, WORDS)
    spell(speller, "AAA")
    assert speller.push(9.0, {"A": 0.9}).left == "A"  # nobody looked


def test_classes_that_are_no_letters():
    names = {"_": "space", "<": "DEL", "-": "nothing"}
    speller = Speller(RULES, WORDS)
    assert spell(speller, "HHHXXX<<<EEE", names=names)[-1].text == "HE"
    assert spell(speller, "___", start_s=3.0, names=names)[-1].text == "HE"
    assert spell(speller, "WWW", start_s=3.75, names=names)[-1].text == "HE W"
    assert spell(speller, "----", start_s=4.5, names=names)[-1].ended == (Word("W", "W"),)  # as good as no hand


def test_delete_takes_the_space_away_and_with_it_the_correction():
    names = {"<": "delete", "_": "space"}
    answers = spell(Speller(RULES, WORDS), "HHHEEELLLOOO___<<<....", names=names)
    texts = [answer.text for answer in answers]
    assert texts[14] == "HELLO"
    assert texts[17] == answers[17].letters == "HELO"


def test_a_sign_is_a_whole_word_and_is_not_corrected():
    names = {"1": "HELO", "2": "THANK YOU"}
    answers = spell(Speller(RULES, WORDS), "AAA111222<<<", names=names | {"<": "delete"})
    assert answers[5].ended == (Word("A", "A"), Word("HELO", None))
    assert answers[8].text == "A HELO THANK YOU"
    assert answers[11].text == "A HELO"


def test_it_ranks_averaged_probabilities():
    answer = Speller(RULES, WORDS).push(0.0, {"A": 0.2, "B": 0.5, "C": 0.3})
    assert answer.ranked == (("B", 0.5), ("C", 0.3), ("A", 0.2))


def test_the_end_of_a_recording_ends_the_word():
    speller = Speller(RULES, WORDS)
    spell(speller, "HHHEEELLLOOO")
    assert speller.end_word().ended == (Word("HELLO", "HELO"),)
    assert speller.end_word().ended == ()
    assert Speller().end_word() == Spelled()


@pytest.mark.parametrize("frames_a_second", [8, 15, 60])
def test_the_frame_rate_does_not_change_the_text(frames_a_second: int):
    speller, text = Speller(Rules(), WORDS), ""
    for n in range(5 * frames_a_second):
        time_s = n / frames_a_second
        shown = {"H": 0.9} if time_s < 1 else {"I": 0.9} if time_s < 2 else {} if time_s < 3.5 else {"L": 0.9}
        text = speller.push(time_s, shown).text
    assert text == "HI L"


def test_reset_forgets_all_and_time_may_begin_anew():
    speller = Speller(RULES, WORDS)
    spell(speller, "HHHEE")
    speller.reset()
    assert spell(speller, "AAA")[-1].text == "A"


def test_time_runs_forward():
    speller = Speller(RULES, WORDS)
    speller.push(1.0, {})
    with pytest.raises(InputError, match=r"0\.5 s comes after one of 1\.0 s"):
        speller.push(0.5, {})


@pytest.mark.parametrize(
    ("name", "value"), [("confidence", 0), ("confidence", 1.1), ("release", 0), ("hold_s", -1), ("pause_s", 0)]
)
def test_rules_out_of_range_are_named(name: str, value: float):
    with pytest.raises(InputError, match=rf"^{name}: expected .* got {value}\."):
        Rules(**{name: value})
