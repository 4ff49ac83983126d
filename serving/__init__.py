"""Answers from the models in Production, over HTTP and WebSocket.

A request's way: guards/ let it in or not → routes/ have it read into clips (bodies/) → the host (answering/host.py)
chooses the version that answers (lineup.py) → a runner (runners.py) takes clips of one length together through its
ONNX Runtime session (served.py) → the answers go into the prediction log (journal.py, monitoring/log) → and only then
to whoever asked. answering/following.py keeps the versions those of the registry; stream/ converses frame by frame.
"""
