"""A drift that retraining heals, played to its end by the real parts: nothing is called that a person would not type.

people.py says who comes when → asking.py has them ask the server over HTTP and say what was wrong → project.py is a
project of its own in which `dvc repro`, `signloop serve` and `signloop watch` run → play.py goes from day to day →
diary.py is what came of it, in words → picture.py draws it.
"""
