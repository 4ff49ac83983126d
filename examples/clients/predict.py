"""Asks for the likeliest classes of a clip: predict.py TRACK CLIP.json"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

URL = os.environ.get("SIGNLOOP_URL", "http://127.0.0.1:8080")
KEY = os.environ.get("SIGNLOOP_KEY")


def predict(track: str, landmarks: list, tries: int = 3) -> dict:
    """Returns the answer; waits as long as it is told to where the server has too much to do."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {KEY}"} if KEY else {})}
    body = json.dumps({"landmarks": landmarks, "top": 3}).encode()
    request = urllib.request.Request(f"{URL}/v1/{track}/predict", body, headers)
    for left in reversed(range(tries)):
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            problem = json.load(error)
            wait_s = error.headers.get("Retry-After")
            if wait_s is None or not left:
                raise SystemExit(f"{error.code} {problem['title']}: {problem['detail']}") from None
            time.sleep(float(wait_s))  # the server has too much to do, and says how long to stay away
    raise AssertionError


if __name__ == "__main__":
    answer = predict(sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
    sys.stdout.write(json.dumps(answer) + "\n")
