"""A FastAPI application that streams replies to a browser and takes webhooks.

pip install .. fastapi uvicorn
AI_ASSISTANT_API_KEY=qk_… AI_ASSISTANT_WEBHOOK_SECRET=… uvicorn fastapi_app:app"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

from ai_assistant_sdk import APIStatusError, AsyncAIAssistantClient, StreamError, WebhookVerificationError

client = AsyncAIAssistantClient()
seen_events: set[str] = set()


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
    async with client:
        yield


app = FastAPI(lifespan=lifespan)


class Question(BaseModel):
    """What the browser sends."""

    text: str


@app.exception_handler(APIStatusError)
async def refused(_: Request, error: Exception) -> Response:
    """Passes errors of the API on."""
    assert isinstance(error, APIStatusError)
    return JSONResponse({"detail": error.detail}, status_code=error.status_code)


@app.post("/conversations")
async def begin() -> dict[str, str]:
    """Begins a conversation."""
    conversation = await client.conversations.create()
    return {"id": conversation.id}


@app.post("/conversations/{conversation_id}/ask")
async def ask(conversation_id: str, question: Question) -> StreamingResponse:
    """Streams the reply as text."""
    stream = client.conversations.messages.stream(conversation_id, question.text)
    # Entered here, so that a refusal has its status.
    await stream.__aenter__()

    async def pieces() -> AsyncIterator[str]:
        try:
            async for text in stream.text:
                yield text
        except StreamError as error:
            yield f"\n[{error.detail}]"
        finally:
            await stream.aclose()

    return StreamingResponse(pieces(), media_type="text/plain; charset=utf-8")


@app.post("/webhook", status_code=204)
async def webhook(request: Request) -> None:
    """Takes events. The signature is that of the body as it came, so it is not parsed before."""
    try:
        event = client.webhooks.verify(await request.body(), request.headers)
    except WebhookVerificationError as error:
        raise HTTPException(401, str(error)) from error
    if event.id not in seen_events:
        seen_events.add(event.id)
        print(event.event, dict(event.data))


@app.get("/events")
async def events() -> dict[str, int]:
    """How many events came."""
    return {"count": len(seen_events)}
