"""An always-valid test of two models that answer the same questions: one may look after every answer, and stop at will.

Only answers count on which one model is right and the other wrong. Were both equally good, each of these would be a
coin toss; what is tested is the share p of them that the candidate wins. The mixture of all likelihood ratios against
p, by a uniform prior, is a martingale under p: it ever exceeds 1 / alpha with a probability of at most alpha, however
often one looks. The p that it has not refuted are the confidence sequence, and ½ leaves it as the test decides.
Sources: Robbins 1970, Annals of Mathematical Statistics 41, 1397–1409 (mixture, and the bound by Ville); Waudby-Smith
and Ramdas 2020, https://arxiv.org/abs/2006.04347, section 2 (as a ratio of prior and posterior).

Trap: answers of one client hang together, and no test of answers sees it. Where clients' own shares vary about one
half (correlation 0.1), 600 answers of 5 clients end with a verdict in 43 % of trials, of 20 in 15 %, of 100 in 5 %: it
is true of these clients, and says little of others. `Trial` asks for FEWEST_CLIENTS; how many spoke is told.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, xlog1py, xlogy

Verdict = Literal["continue", "better", "worse"]
FEWEST_CLIENTS = 5
EVEN = 0.5
HALVINGS = 60


@dataclass(frozen=True)
class Sequence:
    """A confidence sequence of a share: `wins` of `count`, and what is not refuted at any look so far."""

    wins: int
    count: int
    low: float
    high: float


def sequence(wins: int, count: int, *, alpha: float) -> Sequence:
    """Returns the shares that are not refuted after so many; all of them before the first."""
    likeliest = wins / count if count else EVEN
    low, high = (_edge(wins, count, likeliest, end, alpha) for end in (0.0, 1.0))
    return Sequence(wins=wins, count=count, low=low, high=high)


def evidence(wins: NDArray[np.int64] | int, count: NDArray[np.int64] | int, share: float) -> NDArray[np.float64]:
    """Returns the logarithm of the mixture of likelihoods over the likelihood of a share."""
    lost = np.asarray(count) - np.asarray(wins)
    return np.asarray(betaln(np.asarray(wins) + 1, lost + 1) - xlogy(wins, share) - xlog1py(lost, -share))


def _edge(wins: int, count: int, likeliest: float, end: float, alpha: float) -> float:
    """Returns how far towards an end shares are not refuted; evidence against them grows on the way."""
    limit = -np.log(alpha)
    if evidence(wins, count, end) < limit:
        return end
    inside, outside = likeliest, end
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if evidence(wins, count, middle) < limit else (inside, middle)
    return outside


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What came of answering the same questions by two models.

    answers, apart   questions that both answered, and those on which their labels differ
    spoken, settled  questions whose true label is known, and those of them on which the labels differ
    gained, lost     of the settled: only the candidate right, only the other
    clients          who settled
    """

    answers: int
    apart: int
    spoken: int
    settled: int
    gained: int
    lost: int
    clients: int
    alpha: float = 0.05

    @property
    def won(self) -> Sequence:
        return sequence(self.gained, self.gained + self.lost, alpha=self.alpha)

    @property
    def disagreement(self) -> Sequence:
        return sequence(self.apart, self.answers, alpha=self.alpha)

    @property
    def verdict(self) -> Verdict:
        if self.clients < FEWEST_CLIENTS:
            return "continue"
        return "better" if self.won.low > EVEN else "worse" if self.won.high < EVEN else "continue"

    @property
    def flattering(self) -> bool:
        """Whether most answers on which they differ were not spoken of: who was answered wrongly speaks sooner."""
        return self.settled < self.apart / 2
