#!/usr/bin/env python3
"""The reports API (spec 000): creates an assistant with a document, and asks it something that the document says.

    python3 examples/reports.py

The server is `QUINTET_URL`, by default http://localhost:8000. Needs nothing but Python."""

import json
import os
import sys
import time
import uuid
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

URL = os.environ.get("QUINTET_URL", "http://localhost:8000")
API = URL + "/api/v1"
ACCOUNT = {"username": "ada", "password": "password123"}
NAME = "Annual report"
DOCUMENT = "In 2025 ACME sold 1,200 kettles, a fifth more than in 2024. The warranty of a kettle is three years."


def send(method, address, data=None, content_type="application/json", token=None):
    """Sends a body, and returns the JSON of the answer."""
    headers = {"Content-Type": content_type}
    if token:
        headers["Authorization"] = f"Token {token}"
    with urlopen(Request(address, data, headers, method=method)) as answer:
        return json.load(answer)


def post(path, body, token=None):
    return send("POST", API + path, json.dumps(body).encode(), token=token)


def post_form(path, fields, filename, content, token):
    """Sends a form with a file."""
    boundary = uuid.uuid4().hex
    parts = [f'name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    parts.append(f'name="files"; filename="{filename}"\r\nContent-Type: text/plain\r\n\r\n{content}')
    form = "".join(f"--{boundary}\r\nContent-Disposition: form-data; {part}\r\n" for part in parts)
    form += f"--{boundary}--\r\n"
    return send("POST", API + path, form.encode(), f"multipart/form-data; boundary={boundary}", token)


def sign_in():
    """Returns a token, which does not expire. Registers the account if there is none."""
    try:
        return post("/tokens/", ACCOUNT)["token"]
    except HTTPError as error:
        if error.code != 401:
            raise
    print("Registered", post("/users/", {**ACCOUNT, "email": "ada@example.com"})["username"])
    return post("/tokens/", ACCOUNT)["token"]


def assistant_with_document(token):
    """Returns the assistant. Creates it if there is none."""
    for assistant in send("GET", f"{API}/assistants/", token=token):
        if assistant["name"] == NAME:
            return assistant
    fields = {"name": NAME, "company_name": "ACME", "instructions": "Answer from the document."}
    return post_form("/assistants/", fields, "report.txt", DOCUMENT, token)


def wait_until_read(file, token):
    """The server reads a document after the upload. Its state is in the platform API, which takes the same token."""
    while True:
        state = send("GET", f"{API}/files/{file['id']}", token=token)
        if state["status"] != "processing":
            print(state["filename"], "is", state["status"], state["status_detail"])
            return
        time.sleep(0.2)


def main():
    token = sign_in()
    assistant = assistant_with_document(token)
    for file in assistant["files"]:
        wait_until_read(file, token)
    question = "How long is the warranty of a kettle?"
    answer = post("/chat/", {"assistant_name": NAME, "_input": question}, token)
    print(answer["_input"])
    print(answer["_output"])


if __name__ == "__main__":
    try:
        main()
    except HTTPError as error:
        sys.exit(f"{error.code} {error.read().decode()}")
    except URLError as error:
        sys.exit(f"No server answers at {URL}: {error.reason}")
