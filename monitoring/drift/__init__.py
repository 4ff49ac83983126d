"""Whether what is served still looks like what the model was made with: distances, thresholds, a report.

A report's way: the reference that travels with the version (reference.py) gives the columns (columns.py) → thresholds
at the window's size come from the reference against itself (thresholds.py) → a window of the prediction log is measured
against it (measuring.py) → the report (report.py) goes into the log's database (keeping.py), and through Evidently into
pages that people look at (evidently.py, all that imports it). What follows from it is for monitoring/policy.py to say.
"""
