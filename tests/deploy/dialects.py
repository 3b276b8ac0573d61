"""Each of the five dialects through the gateway: registering, signing in, talking, listing, what is left, and what
goes wrong, in the dialect's words."""

import asyncio
import json

import aiohttp
from yarl import URL

from caller import PASSWORD

REPLY = "This is a dummy response from the AI."
MODEL, MODEL_KEY = "model-of-the-check", "key-of-the-check"
SEA, SEA_REPLY = "Tell me about the sea.", "The sea is salt water, and most of it is deep and dark."
PARK = "Annual report.\n\nThe wind farm near Delfzijl was opened in 2021; the park has 84 turbines.\n"
TURBINES = "There are 84 turbines."
WEATHER, CITY, FORECAST = "How is the weather in Utrecht?", {"city": "Utrecht"}, "It will be sunny in Utrecht."
USED = {"input_tokens": 11, "output_tokens": 17}
# What the provider of models answers.
FIXTURES = [
    {
        "match": {"userMessage": "about the sea"},
        "response": {
            "content": SEA_REPLY,
            "usage": {"prompt_tokens": 11, "completion_tokens": 17, "total_tokens": 28},
        },
    },
    # Found only if the passage stands before the question.
    {"match": {"userMessage": "the park has 84 turbines"}, "response": {"content": TURBINES}},
    # The provider calls a tool, and answers when it is given the result.
    {
        "match": {"userMessage": "weather in Utrecht", "hasToolResult": False},
        "response": {"toolCalls": [{"name": "forecast", "arguments": json.dumps(CITY)}]},
    },
    {"match": {"userMessage": "weather in Utrecht", "hasToolResult": True}, "response": {"content": FORECAST}},
    {"match": {}, "response": {"content": REPLY}},
]
NOT_PROVIDED = {"detail": "Authentication credentials were not provided."}
REQUIRED = ["This field is required."]
NOT_FOUND = {"detail": "Not found."}


def platform_error(status, code, detail, **more):
    return {"detail": detail, "status_code": status, "error_code": code, **more}


async def webchat(anybody, _):
    """002, webchat"""
    names = {"username": "wanda", "email": "wanda@example.com", "password": PASSWORD, "confirm_password": PASSWORD}
    user = {"id": ..., "username": "wanda", "email": "wanda@example.com"}
    made = await anybody.post("/api/v1/auth/register/", names)
    made.is_answer(201, {"user": user, "refresh": ..., "access": ..., "message": "User registered successfully"})
    again = await anybody.post("/api/v1/auth/register/", names)
    again.is_answer(400, {"username": ["A user with that username already exists."], "email": [...]})
    answer = await anybody.post("/api/v1/auth/login/", {"username": "wanda", "password": PASSWORD})
    tokens = answer.is_answer(200, {"user": user, "refresh": ..., "access": ..., "message": "Login successful"})
    wanda = anybody.bearing(f"Bearer {tokens['access']}")
    (await wanda.get("/api/v1/auth/profile/")).is_answer(200, user)
    made = await wanda.post("/api/v1/chat/sessions/", {"title": "First steps"})
    chat_session = {"id": ..., "title": "First steps", "created_at": ..., "chats": [], "last_message": None}
    path = f"/api/v1/chat/sessions/{made.is_answer(201, chat_session)['id']}/"
    chat = {"id": 1, "message": "Hello", "response": REPLY, "created_at": ...}
    (await wanda.post(f"{path}chats/", {"message": "Hello"})).is_answer(201, chat)
    (await wanda.get(f"{path}chats/1/")).is_answer(200, chat)
    listed = await wanda.get("/api/v1/chat/sessions/")
    last = {"message": "Hello", "response": REPLY, "created_at": ...}
    page = {"count": 1, "next": None, "previous": None, "results": [{**chat_session, "last_message": last}]}
    listed.is_answer(200, page)
    (await wanda.post("/api/v1/auth/token/refresh/", {"refresh": tokens["refresh"]})).is_answer(200, {"access": ...})
    (await wanda.post(f"{path}chats/", {})).is_answer(400, {"message": REQUIRED})
    unknown = "/api/v1/chat/sessions/00000000-0000-7000-8000-000000000000/"
    (await wanda.get(unknown)).is_answer(404, NOT_FOUND)
    refused = await anybody.get("/api/v1/chat/sessions/")
    refused.is_answer(401, NOT_PROVIDED)
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="api"', refused.headers
    bad = await anybody.bearing("Bearer nonsense").get("/api/v1/auth/profile/")
    bad.is_answer(401, {"detail": "Given token not valid for any token type", "code": "token_not_valid"})
    (await wanda.post("/api/v1/auth/logout/", {"refresh": tokens["refresh"]})).is_answer(200, {"message": "Logout successful"})
    assert (await wanda.get("/api/v1/auth/profile/")).status == 401


async def chatbot(anybody, _):
    """003, chatbot"""
    made = await anybody.post("/users/register/", {"username": "carl", "password": PASSWORD})
    made.is_answer(201, {"id": ..., "username": "carl", "tokens": 4000})
    credentials = {"username": "carl", "password": PASSWORD}
    token = (await anybody.post("/users/login/", credentials)).is_answer(200, {"token": ...})["token"]
    carl = anybody.bearing(f"Bearer {token}")
    (await carl.post("/send/", {"message": "Hello"})).is_answer(200, {"response": REPLY})
    # A form is as good as JSON.
    (await carl.post("/send/", form={"message": "Hello"})).is_answer(200, {"response": REPLY})
    (await carl.get("/token/")).is_answer(200, {"tokens": 3800})
    listed = (await carl.get("/users/")).is_answer(200, ...)
    assert [one["username"] for one in listed].count("carl") == 1, listed
    (await carl.post("/send/", {})).is_answer(400, {"message": REQUIRED})
    (await carl.get("/users/?page=99")).is_answer(404, {"detail": "Invalid page."})
    (await anybody.get("/token/")).is_answer(401, NOT_PROVIDED)


async def metered(anybody, _):
    """004, metered"""
    credentials = {"username": "mona", "password": PASSWORD}
    (await anybody.post("/api/register/", credentials)).is_answer(201, {"message": "User created successfully"})
    tokens = (await anybody.post("/api/login/", credentials)).is_answer(200, {"refresh": ..., "access": ...})
    mona = anybody.bearing(f"Bearer {tokens['access']}")
    said = {"user": ..., "message": "Hello", "response": REPLY, "timestamp": ...}
    key = {"Idempotency-Key": "hello-1"}
    first = (await mona.post("/api/chat/", {"message": "Hello"}, headers=key)).is_answer(200, said)
    again = (await mona.post("/api/chat/", {"message": "Hello"}, headers=key)).is_answer(200, said)
    assert first == again, f"{first} {again}"
    other = await mona.post("/api/chat/", {"message": "Another"}, headers=key)
    other.is_answer(409, {"error": "This Idempotency-Key was used for another request."})
    (await mona.get("/api/tokens/")).is_answer(200, {"tokens": 3900})
    (await mona.post("/api/chat/", {})).is_answer(400, ...)
    (await anybody.get("/api/tokens/")).is_answer(401, NOT_PROVIDED)


async def reports(anybody, _):
    """000, reports"""
    names = {"username": "rosa", "email": "rosa@example.com", "password": PASSWORD}
    made = await anybody.post("/api/v1/users/", names)
    made.is_answer(201, {"id": ..., "username": "rosa", "email": "rosa@example.com"})
    credentials = {"username": "rosa", "password": PASSWORD}
    token = (await anybody.post("/api/v1/tokens/", credentials)).is_answer(200, {"token": ...})["token"]
    rosa = anybody.bearing(f"Token {token}")
    # A PNG as far as anybody looks: bytes that are not text have to survive both ways. So much fits into a request.
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 16_000
    text = "Our year was good. \N{SNOWMAN}\n".encode()
    form = aiohttp.FormData({"name": "Reporter", "company_name": "ACME", "instructions": "You write reports."})
    form.add_field("files", picture, filename="chart.png", content_type="image/png")
    form.add_field("files", text, filename="report.txt", content_type="text/plain")
    files = [{"id": ..., "filename": name, "url": ...} for name in ["chart.png", "report.txt"]]
    assistant = {
        "id": 1, "name": "Reporter", "company_name": "ACME", "instructions": "You write reports.", "files": files,
        "created_at": ..., "updated_at": ..., "query_count": 0,
    }  # fmt: skip
    kept = (await rosa.post("/api/v1/assistants/", form=form)).is_answer(201, assistant)["files"]
    for file, content, kind in zip(kept, [picture, text], ["image/png", "text/plain"]):
        path = f"/api/v1/files/{file['id']}/content"
        assert file["url"].endswith(path), file
        answer = await rosa.get(path)
        assert answer.status == 200 and answer.bytes == content, f"{answer.status}, {len(answer.bytes)} bytes"
        assert answer.headers["Content-Type"].startswith(kind), answer.headers
        assert file["filename"] in answer.headers["Content-Disposition"], answer.headers
    question = {"assistant_name": "Reporter", "_input": "Hello"}
    (await rosa.post("/api/v1/chat/", question)).is_answer(201, {"id": 1, **question, "_output": REPLY})
    (await rosa.get("/api/v1/assistants/")).is_answer(200, [{**assistant, "query_count": 1}])
    (await rosa.get("/api/tokens/")).is_answer(200, {"tokens": 3900})
    (await rosa.post("/api/v1/assistants/", {})).is_answer(400, ...)
    (await rosa.post("/api/v1/chat/", {**question, "assistant_name": "Nobody"})).is_answer(400, {"assistant_name": [...]})
    (await anybody.get("/api/v1/assistants/")).is_answer(401, NOT_PROVIDED)


async def platform(anybody, _):
    """001, platform"""
    asked = {"email": "paul@example.com", "password": PASSWORD}
    user = {
        "id": ..., "username": "paul", "email": "paul@example.com", "full_name": None, "role": "user",
        "is_active": True, "tokens": 4000, "created_at": ..., "updated_at": ...,
    }  # fmt: skip
    (await anybody.post("/api/v1/auth/register", asked)).is_answer(201, user)
    pair = {"access_token": ..., "refresh_token": ..., "token_type": "bearer", "expires_in": 1800}
    tokens = (await anybody.post("/api/v1/auth/login", asked)).is_answer(200, pair)
    renewed = await anybody.post("/api/v1/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    paul = anybody.bearing(f"Bearer {renewed.is_answer(200, pair)['access_token']}")
    (await paul.get("/api/v1/users/me")).is_answer(200, user)
    changed = await paul.put("/api/v1/users/me", {"full_name": "Paul Atreides"})
    changed.is_answer(200, {**user, "full_name": "Paul Atreides"})
    made = await paul.post("/api/v1/assistants", {"name": "My Assistant", "system_prompt": "Be helpful."})
    assistant = made.is_answer(201, ...)["id"]
    made = await paul.post("/api/v1/conversations", {"assistant_id": assistant, "title": "First steps"})
    conversation = {"id": ..., "assistant_id": assistant, "title": "First steps"}
    conversation |= {"message_count": 0, "created_at": ..., "updated_at": ...}
    path = f"/api/v1/conversations/{made.is_answer(201, conversation)['id']}"
    reply = (await paul.post(f"{path}/messages", {"content": "Hello"})).is_answer(201, ...)
    assert reply["assistant_message"]["content"] == REPLY, reply
    # What is streamed comes at once here, but complete.
    events = await paul.post(f"{path}/messages", {"content": "Again"}, headers={"Accept": "text/event-stream"})
    assert events.headers["Content-Type"].startswith("text/event-stream"), events.headers
    pieces = [line for line in events.bytes.decode().split("\n") if line.startswith('data: {"text":')]
    assert "".join(json.loads(line.removeprefix("data: "))["text"] for line in pieces) == REPLY, events.bytes
    assert f"event: done\nid: {len(REPLY)}.0\n".encode() in events.bytes, events.bytes
    page = {"page": 1, "size": 20, "pages": 1, "has_next": False, "has_prev": False, "next_cursor": None}
    listed = await paul.get(f"/api/v1/conversations?assistant_id={assistant}&sort=updated_at:desc")
    listed.is_answer(200, {"items": [{**conversation, "message_count": 4}], "total": 1, **page})
    key = (await paul.post("/api/v1/users/me/api-keys", {"name": "my bot"})).is_answer(201, ...)["key"]
    (await anybody.bearing(f"Bearer {key}").get("/api/tokens/")).is_answer(200, {"tokens": 3800})
    assert (await paul.delete(path)).status == 204
    (await paul.get(path)).is_answer(404, platform_error(404, "NOT_FOUND", "Not found."))
    (await paul.get("/api/v1/users")).is_answer(403, ...)
    wanted = platform_error(401, "UNAUTHORIZED", NOT_PROVIDED["detail"])
    (await anybody.get("/api/v1/conversations")).is_answer(401, wanted)
    errors = [{"field": name, "message": ...} for name in ["email", "password"]]
    wanted = platform_error(422, "VALIDATION_ERROR", "Invalid input: email, password", errors=errors)
    (await anybody.post("/api/v1/auth/login", {})).is_answer(422, wanted)


async def models(anybody, _):
    """a provider answers in every dialect, with the conversation as its memory"""
    mara = await anybody.user("mara")
    (await mara.post("/api/v1/assistants", {"name": "Mara"})).is_answer(201, ...)
    chat = (await mara.post("/api/v1/conversations", {"title": "Sea"})).is_answer(201, ...)["id"]
    ways = [
        ("/api/v1/chat/", lambda text: {"assistant_name": "Mara", "_input": text}, lambda body: body["_output"]),
        (
            f"/api/v1/conversations/{chat}/messages",
            lambda text: {"content": text},
            lambda body: body["assistant_message"]["content"],
        ),
        (f"/api/v1/chat/sessions/{chat}/chats/", lambda text: {"message": text}, lambda body: body["response"]),
        ("/send/", lambda text: {"message": text}, lambda body: body["response"]),
        ("/api/chat/", lambda text: {"message": text}, lambda body: body["response"]),
    ]
    for path, body, reply in ways:
        for question, answer in [(SEA, SEA_REPLY), ("And again?", REPLY)]:
            answered = await mara.post(path, body(question))
            assert answered.status in (200, 201) and reply(answered.body) == answer, f"{path}: {answered.bytes}"
    shown = (await mara.get(f"/api/v1/conversations/{chat}")).is_answer(200, ...)
    assert shown["messages"][1]["usage"] == {**USED, "tokens_charged": 100}, shown
    assert shown["messages"][1]["model"] == MODEL, shown
    left = (await mara.get("/api/tokens/")).is_answer(200, ...)["tokens"]
    assert left == 4000 - 100 * 2 * len(ways), left


async def until_read(caller, file):
    """Waits until the text of a file was read."""
    for _ in range(300):
        shown = (await caller.get(f"/api/v1/files/{file}")).is_answer(200, ...)
        if shown["status"] != "processing":
            assert (shown["status"], shown["status_detail"]) == ("ready", ""), shown
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"{file} is not read")


async def knowledge(anybody, _):
    """files are read after the upload, and answers name them"""
    nora = await anybody.user("nora")
    form = aiohttp.FormData()
    form.add_field("file", PARK.encode(), filename="park.txt", content_type="text/plain")
    shown = {
        "id": ..., "filename": "park.txt", "content_type": "text/plain", "size": len(PARK), "url": ...,
        "status": ..., "status_detail": ..., "created_at": ...,
    }  # fmt: skip
    inline = (await nora.post("/api/v1/files/upload", form=form)).is_answer(201, shown)["id"]
    # What a request cannot carry goes to the bucket.
    large = b"tide,height\n" + b"12:00,3.4\n" * 500_000
    form = aiohttp.FormData()
    form.add_field("file", large[: 4 * 1024 * 1024 + 1], filename="tides.csv", content_type="text/csv")
    refused = await nora.post("/api/v1/files/upload", form=form)
    refused.is_answer(413, platform_error(413, "PAYLOAD_TOO_LARGE", ...))
    asked = {"filename": "tides.csv", "size": len(large), "content_type": "text/csv"}
    announced = (await nora.post("/api/v1/files/uploads", asked)).is_answer(201, ...)
    headers = {name: value for name, value in announced["headers"].items() if name != "content-length"}
    url = URL(announced["upload_url"], encoded=True)
    async with nora.session.put(url, data=large, headers=headers) as sent:
        assert sent.status == 200, f"{sent.status}: {await sent.read()}"
    completed = await nora.post(f"/api/v1/files/uploads/{announced['id']}/complete", {})
    completed.is_answer(201, {**shown, "id": announced["id"], "filename": "tides.csv", "content_type": "text/csv", "size": len(large)})
    await asyncio.gather(until_read(nora, inline), until_read(nora, announced["id"]))
    await nora.post("/api/v1/assistants", {"name": "Nora", "files": [inline, announced["id"]]})
    assistant = (await nora.get("/api/v1/assistants")).is_answer(200, ...)["items"][0]["id"]
    made = await nora.post("/api/v1/conversations", {"assistant_id": assistant, "title": "Wind"})
    path = f"/api/v1/conversations/{made.is_answer(201, ...)['id']}"
    question = "How many turbines does the wind farm near Delfzijl have?"
    reply = (await nora.post(f"{path}/messages", {"content": question})).is_answer(201, ...)["assistant_message"]
    assert reply["content"] == TURBINES, reply
    source = {"file_id": inline, "filename": "park.txt", "page": None, "text": ...}
    assert reply["sources"][0] == {**source, "text": reply["sources"][0]["text"]}, reply
    session = path.replace("conversations", "chat/sessions")
    said = (await nora.post(f"{session}/chats/", {"message": question})).is_answer(201, ...)
    assert said["response"] == TURBINES, said
    told = await nora.post("/api/v1/chat/", {"assistant_name": "Nora", "_input": question})
    assert told.is_answer(201, ...)["_output"].startswith(f"{TURBINES}\n\nSources: park.txt"), told.bytes
    assert (await nora.delete(f"/api/v1/files/{inline}")).status == 204
    reply = (await nora.post(f"{path}/messages", {"content": question})).is_answer(201, ...)["assistant_message"]
    assert inline not in [source["file_id"] for source in reply["sources"]], reply


async def slashes(anybody, _):
    """the final slash decides between dialects"""
    wrong = {"email": "nobody", "username": "nobody", "password": "wrong password"}
    answer = await anybody.post("/api/v1/auth/login", wrong)
    answer.is_answer(401, platform_error(401, "UNAUTHORIZED", "Incorrect email or password"))
    answer = await anybody.post("/api/v1/auth/login/", wrong)
    answer.is_answer(401, {"detail": "No active account found with the given credentials"})
    (await anybody.get("/api/v1/assistants")).is_answer(401, platform_error(401, "UNAUTHORIZED", ...))
    (await anybody.get("/api/v1/assistants/")).is_answer(401, NOT_PROVIDED)
    # Where one dialect has a path alone, both forms are its own.
    for path in ["/token", "/token/", "/api/tokens", "/api/tokens/"]:
        (await anybody.get(path)).is_answer(401, NOT_PROVIDED)
    for path in ["/health", "/health/", "/api/v1/health", "/api/v1/health/"]:
        (await anybody.get(path)).is_answer(200, {"status": "healthy"})


async def gateway(anybody, _):
    """what the gateway answers by itself, and pages"""
    for path in ["/nothing", "/api/v1/nothing/", "/users/login/nothing"]:
        answer = await anybody.get(path)
        answer.is_answer(404, NOT_FOUND)
        assert answer.headers["Cache-Control"] == "no-store", answer.headers
    (await anybody.ask("PATCH", "/health")).is_answer(404, NOT_FOUND)
    origin = {"Origin": "https://chat.example.com", "Access-Control-Request-Method": "POST"}
    allowed = await anybody.ask("OPTIONS", "/api/v1/auth/login", headers=origin)
    assert allowed.headers.get("Access-Control-Allow-Origin") == origin["Origin"], f"{allowed}"
    (await anybody.get("/openapi/metered.json")).is_answer(200, ...)
    page = await anybody.get("/docs/")
    assert page.status == 200 and page.headers["Content-Type"].startswith("text/html"), f"{page}"
    bundle = await anybody.get("/docs/swagger-ui-bundle.js")
    assert bundle.status == 200 and len(bundle.bytes) > 1_000_000, f"{bundle.status}, {len(bundle.bytes)} bytes"


GROUPS = [webchat, chatbot, metered, reports, platform, models, knowledge, slashes, gateway]
