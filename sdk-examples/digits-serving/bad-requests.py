"""Sends what the server has to refuse: bad-requests.py PORT

Prints a line for each request and fails where an answer has another status or does not say what is wrong.
"""
import http.client
import json
import sys

WHITE = [0] * 64
REQUESTS = [
    ("/predict", b"", 400, "not valid"),
    ("/predict", b"{", 400, "not valid"),
    ("/predict", b"[]", 400, "expected"),
    ("/predict", b"{}", 400, "pixels"),
    ("/predict", {"pixels": "black"}, 400, "pixels"),
    ("/predict", {"pixels": WHITE[1:]}, 400, "has 63, expected 64"),
    ("/predict", {"pixels": WHITE + [0]}, 400, "has 65, expected 64"),
    ("/predict", {"pixels": WHITE[1:] + [16.5]}, 400, "number 63 of image 0 is 16.5, expected 0 to 16"),
    ("/predict", {"pixels": [-1] + WHITE[1:]}, 400, "number 0 of image 0 is -1.0, expected 0 to 16"),
    ("/predict", b'{"pixels": [1e999]}', 400, ""),
    ("/predict", b" " * (1 << 20) + b"{}", 413, ""),
    ("/predict/batch", {"images": []}, 400, "expected 1 to 1000"),
    ("/predict/batch", {"images": [WHITE] * 1001}, 400, "expected 1 to 1000"),
    ("/predict/batch", {"images": [WHITE, WHITE[1:]]}, 400, "image 1 has 63, expected 64"),
]

failed = False
for path, body, status, words in REQUESTS:
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("POST", path, data, {"content-type": "application/json"})
    answer = connection.getresponse()
    text = answer.read().decode()
    message = json.loads(text)["error"]["message"] if text else ""
    ok = answer.status == status and words in message
    failed = failed or not ok
    print(f"  {path} {data[:40].decode()!r}: {answer.status} {message}{'' if ok else '  UNEXPECTED'}")
sys.exit(1 if failed else 0)
