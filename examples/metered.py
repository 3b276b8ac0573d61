#!/usr/bin/env python3
"""The metered API (spec 004): shows what a message costs, and what a client sees when the balance is used up.

    python3 examples/metered.py "Hello"

The server is `QUINTET_URL`, by default http://localhost:8000. Needs nothing but Python."""

import json
import os
import sys
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

URL = os.environ.get("QUINTET_URL", "http://localhost:8000")
ACCOUNT = {"username": "ada", "password": "password123"}


class Refused(Exception):
    """An error of this API: a status, and one sentence in `error` (`detail` if the credential is wrong)."""

    def __init__(self, status, answer):
        self.status, self.sentence = status, answer.get("error") or answer["detail"]
        super().__init__(f"{status} {self.sentence}")


def call(method, path, body=None, access=None):
    """Sends JSON, and returns the JSON of the answer."""
    headers = {"Content-Type": "application/json"}
    if access:
        headers["Authorization"] = f"Bearer {access}"
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(URL + path, data, headers, method=method)) as answer:
            return json.load(answer)
    except HTTPError as error:
        raise Refused(error.code, json.load(error)) from None


def sign_in():
    """Returns an access token, which lasts 15 minutes. Registers the account if there is none."""
    try:
        return call("POST", "/api/login/", ACCOUNT)["access"]
    except Refused as refused:
        if refused.sentence != "Invalid credentials":
            raise
    print(call("POST", "/api/register/", ACCOUNT)["message"])
    return call("POST", "/api/login/", ACCOUNT)["access"]


def main():
    message = sys.argv[1] if len(sys.argv) > 1 else "Hello"
    access = sign_in()
    before = call("GET", "/api/tokens/", access=access)["tokens"]
    try:
        print(call("POST", "/api/chat/", {"message": message}, access)["response"])
    except Refused as refused:
        if refused.sentence != "Insufficient tokens":
            raise
        sys.exit(f"{before} tokens do not cover a message. An administrator can grant more.")
    after = call("GET", "/api/tokens/", access=access)["tokens"]
    print(f"That cost {before - after} of {before} tokens")


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(str(refused))
    except URLError as error:
        sys.exit(f"No server answers at {URL}: {error.reason}")
