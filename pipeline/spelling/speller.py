"""One person who spells: answers go in as they come, text comes out."""

from dataclasses import dataclass, replace

from pipeline.errors import InputError
from pipeline.spelling.holding import Holding
from pipeline.spelling.meaning import meaning
from pipeline.spelling.rules import Rules
from pipeline.spelling.smoothing import Probabilities, Smoothing
from pipeline.spelling.words import WordList
from pipeline.spelling.writing import Word, Writing


@dataclass(frozen=True, kw_only=True)
class Spelled:
    """What is known after a frame.

    ranked     all classes with their averaged probabilities, the likeliest first
    held       the class that is being held, and `progress`, 0 to 1, towards its next commit
    committed  the class that was committed in this frame
    left       the committed class that is no longer held from this frame on: a model with a memory may forget it
    ended      the words that ended in this frame
    letters    of the word that has not ended
    text       all words, corrected, and after them `letters`
    """

    ranked: tuple[tuple[str, float], ...] = ()
    held: str | None = None
    progress: float = 0.0
    committed: str | None = None
    left: str | None = None
    ended: tuple[Word, ...] = ()
    letters: str = ""
    text: str = ""


class Speller:
    """Smooths, holds, commits and gathers into words, by the given rules."""

    def __init__(self, rules: Rules | None = None, words: WordList | None = None) -> None:
        self.rules = rules or Rules()
        self._smoothing = Smoothing(self.rules.smoothing_s)
        self._holding = Holding(self.rules)
        self._writing = Writing(words or WordList.read(), self.rules.max_edits)
        self._time_s: float | None = None
        self._shown_s: float | None = None  # when a hand was last seen to show something

    def push(self, time_s: float, probabilities: Probabilities) -> Spelled:
        """Takes the answer to one more frame: every class's probability, or nothing where no hand was seen.

        Raises: InputError when time goes backwards.
        """
        num_words, kept = len(self._writing.words), self._holding.committed
        gap = self._gap(time_s)
        self._pause(time_s, probabilities)
        averaged = self._smoothing.push(time_s, probabilities)
        committed = self._holding.push(time_s, averaged)
        if committed is not None:
            self._write(committed)
        ranked = tuple(sorted(averaged.items(), key=lambda entry: -entry[1]))
        ended = tuple(self._writing.words[num_words:])
        left = kept if gap or self._holding.held != kept else None
        return replace(self._state(time_s), ranked=ranked, committed=committed, left=left, ended=ended)

    def end_word(self) -> Spelled:
        """Ends the word now, as at the end of a recording."""
        num_words = len(self._writing.words)
        self._writing.end_word()
        return replace(self._state(self._time_s or 0.0), ended=tuple(self._writing.words[num_words:]))

    def reset(self) -> None:
        """Forgets frames and text."""
        self._smoothing.reset()
        self._holding.reset()
        self._writing.reset()
        self._time_s = self._shown_s = None

    def forget(self, *, keep: int) -> None:
        """Forgets all words but the last ones: a stream may go on for days."""
        self._writing.forget(keep)

    def _gap(self, time_s: float) -> bool:
        """Says whether nobody looked for too long, and forgets what was held before."""
        if self._time_s is not None and time_s < self._time_s:
            raise InputError(f"a frame of {time_s} s comes after one of {self._time_s} s. Send frames in their order.")
        gap = self._time_s is not None and time_s - self._time_s > self.rules.gap_s
        if gap:
            self._smoothing.reset()
            self._holding.reset()
        self._time_s = time_s
        return gap

    def _pause(self, time_s: float, probabilities: Probabilities) -> None:
        """Ends the word, if no hand showed anything for long enough until now."""
        if self._shown_s is not None and time_s - self._shown_s >= self.rules.pause_s:
            self._writing.end_word()
            self._shown_s = None
        leader = max(probabilities, key=probabilities.__getitem__, default=None)
        if leader is not None and meaning(leader) != "nothing":
            self._shown_s = time_s

    def _write(self, label: str) -> None:
        match meaning(label):
            case "letter":
                self._writing.letter(label)
            case "word":
                self._writing.sign(label)
            case "space":
                self._writing.end_word()
            case "delete":
                self._writing.delete()
            case "nothing":
                pass

    def _state(self, time_s: float) -> Spelled:
        return Spelled(
            held=self._holding.held,
            progress=self._holding.progress(time_s),
            letters=self._writing.letters,
            text=self._writing.text,
        )
