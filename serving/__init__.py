"""Answers from the models in Production, over HTTP and WebSocket.

A request's way: routes/ read a body into clips (clips.py) → the host (host.py) chooses the version that answers → a
runner (runners.py) takes clips of one length together through its ONNX Runtime session (served.py) → the answers go
into the prediction log (monitoring/log) → and only then to whoever asked. following.py keeps the versions those of the
registry.
"""
