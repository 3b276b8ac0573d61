#!/usr/bin/env python3
"""The platform API (spec 001) through the Python SDK: creates an assistant, streams its reply, reads the conversation.

    python3 -m venv .venv && .venv/bin/pip install ./sdk/python
    .venv/bin/python examples/platform_sdk.py

The server is `QUINTET_URL`, by default http://localhost:8000."""

import os

from ai_assistant_sdk import AIAssistantClient, AuthenticationError

URL = os.environ.get("QUINTET_URL", "http://localhost:8000")
USERNAME, PASSWORD = "ada", "password123"


def sign_in(client):
    """Signs in. Registers the account if there is none. `email` takes a username too."""
    try:
        client.auth.login(email=USERNAME, password=PASSWORD)
    except AuthenticationError:
        user = client.auth.register(email="ada@example.com", username=USERNAME, password=PASSWORD)
        print(f"Registered {user.username} with {user.tokens} tokens")
        client.auth.login(email=USERNAME, password=PASSWORD)


def main():
    with AIAssistantClient(base_url=f"{URL}/api/v1") as client:
        sign_in(client)
        guides = [assistant for assistant in client.assistants.list() if assistant.name == "Guide"]
        guide = guides[0] if guides else client.assistants.create(name="Guide", system_prompt="You are patient.")
        conversation = client.conversations.create(assistant_id=guide, title="First steps")

        with client.conversations.messages.stream(conversation, "Hello") as stream:
            for text in stream.text:
                print(text, end="", flush=True)
        print(f"\nTokens left: {stream.result.tokens_left}")

        for message in client.conversations.messages(conversation):
            print(f"{message.role}: {message.content}")


if __name__ == "__main__":
    main()
