"""A list of known words, and the one of them that a misspelled word was meant to be."""

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import InputError

ENGLISH = Path(__file__).with_name("words.txt")


@dataclass(frozen=True)
class WordList:
    """Words in small letters, the more common one first: of two that are equally near, it wins."""

    words: tuple[str, ...]
    known: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", frozenset(self.words))

    @classmethod
    def read(cls, path: Path = ENGLISH) -> "WordList":
        """Reads a word a line; what follows a space or tab, as in tables of counts, is left out, and so is `# …`.

        Raises: InputError naming the file when it cannot be read or holds no word.
        """
        remedy = "Give a text file, UTF-8, with a word a line, the common ones first."
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise InputError(f"word list '{path}': {reason}. {remedy}") from None
        first = (line.split()[0] for line in lines if line.strip() and not line.startswith("#"))
        words = tuple(dict.fromkeys(word.lower() for word in first))
        if not words:
            raise InputError(f"word list '{path}' holds no word. {remedy}")
        return cls(words)

    def correct(self, word: str, *, max_edits: float) -> str:
        """Returns the nearest known word, in the case of `word`; itself when it is known, or none is near enough.

        `max_edits` is the share of its letters that may be added, dropped or changed: with 0.25 a word of three letters
        stays as it is, one of four to seven may differ in one. What holds a digit or a sign is no word to correct.
        """
        from rapidfuzz import process
        from rapidfuzz.distance import Levenshtein

        spelled, edits = word.lower(), int(max_edits * len(word))
        if spelled in self.known or edits == 0 or not word.isalpha():
            return word
        found = process.extractOne(spelled, self.words, scorer=Levenshtein.distance, score_cutoff=edits)
        if found is None:
            return word
        return found[0].upper() if word.isupper() else found[0]
