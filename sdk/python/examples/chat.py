#!/usr/bin/env python3
"""A chat in the terminal: registers a user if needed, creates an assistant, and streams its replies.

    python chat.py ada@example.com password123

The server is `AI_ASSISTANT_BASE_URL`, by default http://localhost:8000/api/v1."""

from __future__ import annotations

import sys

from ai_assistant_sdk import AIAssistantClient, AuthenticationError, InsufficientTokensError, StreamError


def signed_in(client: AIAssistantClient, email: str, password: str) -> None:
    """Signs the client in, with a new account if there is none."""
    try:
        client.auth.login(email=email, password=password)
    except AuthenticationError:
        client.auth.register(email=email, password=password)
        client.auth.login(email=email, password=password)


def main() -> None:
    email, password = sys.argv[1:]
    with AIAssistantClient() as client:
        signed_in(client, email, password)
        names = {assistant.name: assistant for assistant in client.assistants.list()}
        assistant = names.get("Terminal") or client.assistants.create(
            name="Terminal", system_prompt="Answer in one short paragraph."
        )
        conversation = client.conversations.create(assistant_id=assistant)
        for line in sys.stdin:
            if not line.strip():
                continue
            try:
                with client.conversations.messages.stream(conversation, line) as stream:
                    for text in stream.text:
                        print(text, end="", flush=True)
                print(f"\n[{stream.result.tokens_left} tokens left]")
            except InsufficientTokensError:
                sys.exit("There are no tokens left.")
            except StreamError as error:
                print(f"\n[{error.detail}]")


if __name__ == "__main__":
    main()
