"""What a committed class does to the text, by its name."""

from typing import Literal

Meaning = Literal["letter", "word", "space", "delete", "nothing"]

NAMES: dict[str, Meaning] = {
    **dict.fromkeys((" ", "_", "space"), "space"),
    **dict.fromkeys(("del", "delete", "backspace"), "delete"),
    **dict.fromkeys(("-", "nothing", "none", "background"), "nothing"),
}


def meaning(label: str) -> Meaning:
    """Returns what a class of this name stands for: one character is a letter, more are a whole word, as of a sign."""
    return NAMES.get(label.lower(), "letter" if len(label) == 1 else "word")
