"""From a change to who hears of it: the outbox's stream drives `dispatch`, a queue drives `deliver`, and frames go
through the gateway of WebSockets. Also tools, which call the same receiver."""

import asyncio
import json

import aiohttp
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from caller import is_like
from dialects import CITY, FORECAST, WEATHER
from live import free_port

PATIENCE_SECONDS = 30


class Receiver:
    """Of webhooks and of calls of tools: fails at first, and keeps what it is sent."""

    def __init__(self, statuses, text=""):
        self.port, self.requests, self.statuses, self.text = free_port(), asyncio.Queue(), list(statuses), text
        app = web.Application()
        app.router.add_post("/", self.receive)
        self.runner = web.AppRunner(app, access_log=None)

    async def __aenter__(self):
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_):
        await self.runner.cleanup()

    async def receive(self, request):
        headers = {name.lower(): value for name, value in request.headers.items()}
        await self.requests.put((headers, (await request.read()).decode()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200, text=self.text)

    async def next(self):
        return await asyncio.wait_for(self.requests.get(), PATIENCE_SECONDS)


async def webhook(anybody, _):
    """a webhook, from a change to a verified receipt, with a retry"""
    hugo = await anybody.user("hugo")
    async with Receiver([500]) as receiver:
        asked = {"url": f"http://127.0.0.1:{receiver.port}/", "events": ["conversation.created"]}
        shown = {"id": ..., **asked, "is_active": True, "created_at": ..., "secret": ...}
        made = (await hugo.post("/api/v1/webhooks", asked)).is_answer(201, shown)
        conversation = (await hugo.post("/api/v1/conversations", {"title": "Heard of"})).is_answer(201, ...)
        first, second = await receiver.next(), await receiver.next()
        for headers, body in [first, second]:
            event = Webhook(made["secret"]).verify(body, headers)
            data = {"conversation_id": conversation["id"], "user_id": ...}
            assert is_like({"event": "conversation.created", "timestamp": ..., "data": data}, event), event
        same = [(headers["webhook-id"], body) for headers, body in [first, second]]
        assert same[0] == same[1], same
        path = f"/api/v1/webhooks/{made['id']}/deliveries"
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        # The answer is on its way into the row.
        while (delivery := (await hugo.get(path)).is_answer(200, ...)["items"][0])["status"] == "pending":
            assert asyncio.get_running_loop().time() < until, delivery
            await asyncio.sleep(0.1)
        assert delivery["status"] == "delivered" and delivery["id"] == same[0][0], delivery
        assert receiver.requests.empty(), "a third request"


async def tools(anybody, _):
    """a turn calls a tool"""
    root, tess = await anybody.sign_in("root"), await anybody.user("tess")
    async with Receiver([], "Sunny, 21 degrees.") as receiver:
        city = {"type": "string", "required": True, "description": "The city"}
        tool = {"name": "Forecast", "description": "Tells the weather.", "parameters": {"city": city}}
        tool["endpoint"] = f"http://127.0.0.1:{receiver.port}/"
        made = (await root.post("/api/v1/tools", tool)).is_answer(201, ...)["id"]
        assistant = await tess.post("/api/v1/assistants", {"name": "Tess", "tools": [made]})
        asked = {"assistant_id": assistant.is_answer(201, ...)["id"], "title": "Weather"}
        path = f"/api/v1/conversations/{(await tess.post('/api/v1/conversations', asked)).is_answer(201, ...)['id']}"
        reply = (await tess.post(f"{path}/messages", {"content": WEATHER})).is_answer(201, ...)["assistant_message"]
        step = {"tool": made, "arguments": CITY, "result": receiver.text, "status": "complete"}
        assert (reply["content"], reply["steps"]) == (FORECAST, [step]), reply
        headers, body = await receiver.next()
        assert json.loads(body) == CITY and "authorization" not in headers, f"{headers} {body}"
    (await tess.get("/api/tokens/")).is_answer(200, {"tokens": 3900})
    assert (await root.delete(f"/api/v1/tools/{made}")).status == 204


async def frame(socket):
    return await asyncio.wait_for(socket.receive_json(), PATIENCE_SECONDS)


async def ticket(caller):
    return (await caller.post("/api/v1/ws/ticket")).is_answer(200, {"ticket": ..., "expires_in": 30, "url": ...})["ticket"]


async def websocket(anybody, stack):
    """a WebSocket: who is known hears, who is not does not"""
    lena, root = await anybody.user("lena"), await anybody.sign_in("root")
    url, connect, used = stack.outputs["WebSocketUrl"], anybody.session.ws_connect, await ticket(lena)
    async with connect(url) as stranger, connect(f"{url}?ticket={used}") as known:
        await known.send_json({"type": "ping"})
        pong = await frame(known)
        assert pong["type"] == "pong", pong
        made = (await lena.post("/api/v1/conversations", {"initial_message": "Hello"})).is_answer(201, ...)
        told = [await frame(known) for _ in range(3)]
        assert {one["type"] for one in told} == {"conversation_update"}, told
        events = [one["data"]["event"] for one in told]
        assert events == ["conversation.created", "message.received", "message.received"], events
        assert {one["data"]["conversation_id"] for one in told} == {made["id"]}, told
        (await root.post("/api/v1/notifications", {"message": "To everybody"})).is_answer(201, ...)
        notification = await frame(known)
        assert notification["type"] == "system_notification", notification
        assert notification["data"]["message"] == "To everybody", notification
        # The stranger was told nothing, and is sent away: the first message does not say who it is.
        await stranger.send_json({"type": "ping"})
        message = await asyncio.wait_for(stranger.receive(), PATIENCE_SECONDS)
        assert message.type in [aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED], message
    last = f"last_event_id={told[0]['data']['event_id']}"
    async with connect(f"{url}?ticket={await ticket(lena)}&{last}") as again:
        missed = [await frame(again) for _ in range(3)]
        # A message that was pending may be complete by now.
        ids = [one["data"]["event_id"] for one in missed]
        assert ids == [one["data"]["event_id"] for one in [*told[1:], notification]], missed
    try:
        async with connect(f"{url}?ticket={used}"):
            raise AssertionError("a ticket opened a second connection")
    except aiohttp.WSServerHandshakeError:
        pass


GROUPS = [webhook, tools, websocket]
