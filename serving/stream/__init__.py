"""A conversation with one signer: frames in, letters, signs, words and text out.

A frame's way: conversing.py reads it from the WebSocket (messages.py says what it may be) → it waits, and the oldest of
too many make room (waiting.py) → session.py has a model look at it (recognising.py: on the last seconds again and
again, or with a memory, in which case stepping.py takes frames of several streams through the model together), spells,
has what was committed written into the log, and only then tells it. docs/streaming.md is the protocol.
"""
