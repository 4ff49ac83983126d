"""The live page: camera or file in the browser, landmarks by MediaPipe's own JavaScript, answers over a stream.

Third-party code stays out of the repository: vision.py serves what `signloop assets fetch tasks_vision` brought. What
is ours needs no build: page.js puts the others together; detecting.js runs in a worker, sealed from the network.
"""
