"""The text so far: words that have ended, and the letters of the one that has not."""

from dataclasses import dataclass, field

from pipeline.spelling.words import WordList


@dataclass(frozen=True)
class Word:
    """A finished word; `spelled` is what was shown letter by letter, None where one sign was the whole word."""

    text: str
    spelled: str | None


@dataclass
class Writing:
    """Takes letters, spaces and deletions; a word is corrected when it ends."""

    word_list: WordList
    max_edits: float
    words: list[Word] = field(default_factory=list)
    letters: str = ""

    @property
    def text(self) -> str:
        """Returns the finished words, and after them what has been spelled of the next."""
        return " ".join([*(word.text for word in self.words), *filter(None, [self.letters])])

    def letter(self, letter: str) -> None:
        self.letters += letter

    def end_word(self) -> None:
        """Makes a word of the letters, if there are any."""
        if self.letters:
            corrected = self.word_list.correct(self.letters, max_edits=self.max_edits)
            self.words.append(Word(corrected, self.letters))
            self.letters = ""

    def sign(self, text: str) -> None:
        """Takes a whole word at once, after the letters that were there."""
        self.end_word()
        self.words.append(Word(text, None))

    def delete(self) -> None:
        """Takes the last letter away; after a space takes that away, and its word is again as it was spelled."""
        if self.letters:
            self.letters = self.letters[:-1]
        elif self.words:
            self.letters = self.words.pop().spelled or ""

    def forget(self, keep: int) -> None:
        """Forgets all words but the last ones."""
        del self.words[: max(0, len(self.words) - keep)]

    def reset(self) -> None:
        self.words, self.letters = [], ""
