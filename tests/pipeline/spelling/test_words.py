from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.spelling.words import WordList

LIST = WordList(("hello", "help", "world", "held"))


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        ("WORLD", "WORLD"),  # known
        ("HELO", "HELLO"),  # one of four letters is missing: HELLO, HELP and HELD are all one edit off
        ("WORLT", "WORLD"),
        ("world", "world"),
        ("wrld", "world"),
        ("WOORLLD", "WOORLLD"),  # two edits, and a quarter of seven letters is one
        ("WOORLLLD", "WOORLLLD"),  # three edits, and a quarter of eight is two
        ("HEP", "HEP"),  # a quarter of three letters is none
        ("HEL0", "HEL0"),  # a zero: no word
        ("", ""),
    ],
)
def test_the_nearest_word_within_a_quarter_of_the_letters(spelled: str, meant: str):
    assert LIST.correct(spelled, max_edits=0.25) == meant


def test_more_edits_and_none():
    assert LIST.correct("WOORLLD", max_edits=0.3) == "WORLD"
    assert LIST.correct("HELO", max_edits=0) == "HELO"


def test_of_two_that_are_equally_near_the_more_common_one_wins():
    assert WordList(("held", "help")).correct("HELT", max_edits=0.25) == "HELD"
    assert WordList(("help", "held")).correct("HELT", max_edits=0.25) == "HELP"


def test_an_apostrophe_is_found():
    assert WordList.read().correct("DONT", max_edits=0.25) == "DON'T"


def test_the_own_list_holds_some_hundred_common_words():
    words = WordList.read().words
    assert len(words) == len(set(words)) > 500
    assert words[0] == "the"
    assert all(word == word.lower() and word.replace("'", "").isalpha() for word in words)


def test_a_file_of_words_and_counts(tmp_path: Path):
    path = tmp_path / "words.txt"
    path.write_text("\ufeff# made by hand\nThe 23135851162\nof\t13151942776\n\nÄpfel\nthe\n", encoding="utf-8")
    assert WordList.read(path).words == ("the", "of", "äpfel")


def test_files_that_are_no_word_lists(tmp_path: Path):
    empty, binary = tmp_path / "empty.txt", tmp_path / "binary.txt"
    empty.write_text("# nothing\n\n", encoding="utf-8")
    binary.write_bytes(b"\xff\xfe\x00\xd8")
    for path, reason in (
        (empty, "holds no word"),
        (binary, "not UTF-8"),
        (tmp_path, "Is a directory"),
        (tmp_path / "none", "No such"),
    ):
        with pytest.raises(InputError, match=reason):
            WordList.read(path)
