#!/usr/bin/env python3
"""The webchat API (spec 002): begins a session, chats in it, renews the access token, reads the session, signs out.

    python3 examples/webchat.py

Afterwards the session is in the web page too: sign in at the server's address as `ada` with `password123`. The server
is `QUINTET_URL`, by default http://localhost:8000. Needs nothing but Python."""

import json
import os
import sys
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

URL = os.environ.get("QUINTET_URL", "http://localhost:8000")
API = URL + "/api/v1"
ACCOUNT = {"username": "ada", "password": "password123"}


def call(method, path, body=None, access=None):
    """Sends JSON, and returns the JSON of the answer."""
    headers = {"Content-Type": "application/json"}
    if access:
        headers["Authorization"] = f"Bearer {access}"
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(API + path, data, headers, method=method)) as answer:
        return json.load(answer)


def sign_in():
    """Returns an access token, which lasts an hour, and a refresh token. Registers the account if there is none."""
    try:
        answer = call("POST", "/auth/login/", ACCOUNT)
    except HTTPError as error:
        if error.code != 401:
            raise
        # Registering signs in at once.
        answer = call("POST", "/auth/register/", {**ACCOUNT, "confirm_password": ACCOUNT["password"]})
        print(answer["message"])
    return answer["access"], answer["refresh"]


def main():
    access, refresh = sign_in()
    session = call("POST", "/chat/sessions/", {"title": "An example"}, access)
    chats = f"/chat/sessions/{session['id']}/chats/"
    call("POST", chats, {"message": "Hello"}, access)

    # A client does this when a request is answered with 401.
    access = call("POST", "/auth/token/refresh/", {"refresh": refresh})["access"]
    call("POST", chats, {"message": "How are you?"}, access)

    for chat in call("GET", chats, access=access)["results"]:
        print("You:      ", chat["message"])
        print("Assistant:", chat["response"])
    print("Sessions:", call("GET", "/chat/sessions/", access=access)["count"])
    print(f"In a browser: {URL}/chat/{session['id']}/")
    print(call("POST", "/auth/logout/", {"refresh": refresh}, access)["message"])


if __name__ == "__main__":
    try:
        main()
    except HTTPError as error:
        sys.exit(f"{error.code} {error.read().decode()}")
    except URLError as error:
        sys.exit(f"No server answers at {URL}: {error.reason}")
