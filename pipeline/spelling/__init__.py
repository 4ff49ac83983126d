"""From answers, frame by frame, to text: smoothed, held, committed, gathered into words. No picture and no model.

The demo and the server both spell through `Speller`; it counts in seconds, so that frame rates and lost frames do not
matter to it.
"""

from pipeline.spelling.rules import Rules
from pipeline.spelling.speller import Spelled, Speller
from pipeline.spelling.words import WordList
from pipeline.spelling.writing import Word

__all__ = ["Rules", "Spelled", "Speller", "Word", "WordList"]
