"""The prediction log: every answer, in a database before it is acknowledged, and the corrections that people send.

entry        one answered prediction; inputs: a clip that is kept with it; clients: who asked, as a keyed hash
writer       many puts, one commit
reading      rows as tables for pandas, in bounded memory
feedback     corrections and confirmations; review: what is worth one; exporting: corrected clips, to be trained on
erasing      what is past its time, or whose owner asks for it
database     SQLite beside the registry, or PostgreSQL by its address; tables, migrate, faults: what it is made of
"""
