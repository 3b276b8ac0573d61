#!/usr/bin/env python3
"""The chatbot API (spec 003): signs in, sends a message, and shows what is left of the balance.

    python3 examples/chatbot.py "Hello"

The server is `QUINTET_URL`, by default http://localhost:8000. Needs nothing but Python."""

import json
import os
import sys
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

URL = os.environ.get("QUINTET_URL", "http://localhost:8000")
ACCOUNT = {"username": "ada", "password": "password123"}


def call(method, path, body=None, token=None):
    """Sends JSON, and returns the JSON of the answer."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(URL + path, data, headers, method=method)) as answer:
        return json.load(answer)


def sign_in():
    """Returns a token. Registers the account if there is none."""
    try:
        return call("POST", "/users/login/", ACCOUNT)["token"]
    except HTTPError as error:
        if error.code != 401:
            raise
    user = call("POST", "/users/register/", ACCOUNT)
    print(f"Registered {user['username']} with {user['tokens']} tokens")
    return call("POST", "/users/login/", ACCOUNT)["token"]


def main():
    message = sys.argv[1] if len(sys.argv) > 1 else "Hello"
    token = sign_in()
    print("You:      ", message)
    print("Assistant:", call("POST", "/send/", {"message": message}, token)["response"])
    print("Tokens left:", call("GET", "/token/", token=token)["tokens"])


if __name__ == "__main__":
    try:
        main()
    except HTTPError as error:
        sys.exit(f"{error.code} {error.read().decode()}")
    except URLError as error:
        sys.exit(f"No server answers at {URL}: {error.reason}")
