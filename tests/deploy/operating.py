"""What operators do with a stack: look after it, make administrators, change the key that signs tokens."""

import asyncio
import base64
import json
import os
import subprocess

from botocore.exceptions import ClientError

from caller import PASSWORD
from live import BINARY
from stack import STACK

PATIENCE_SECONDS = 30
# So many the stack is told to let through, and so many more a second.
SIGN_INS_AT_ONCE, SIGN_INS_A_SECOND = 5, 2
COMPONENTS = ["database", "storage", "model", "queue"]


async def health(anybody, _):
    """everything is healthy"""
    component = {"status": "healthy", "latency_ms": ...}
    wanted = {"status": "healthy", "components": {name: component for name in COMPONENTS}}
    (await anybody.get("/health/detailed")).is_answer(200, wanted)


async def administrator(anybody, stack):
    """`quintet create-admin --stack`"""
    await asyncio.to_thread(command, stack, "create-admin", "--username", "root", "--email", "root@example.com")
    root = await anybody.sign_in("root")
    me = (await root.get("/api/v1/users/me")).is_answer(200, ...)
    assert me["role"] == "admin", me


async def support(anybody, stack):
    """`quintet create-admin --promote` and `quintet grant-tokens`"""
    rose = await anybody.user("rose")
    granted = await asyncio.to_thread(command, stack, "grant-tokens", "--username", "rose", "--tokens", "500")
    assert granted == "rose has 4500 tokens now.\n", granted
    await asyncio.to_thread(command, stack, "create-admin", "--promote", "--username", "rose")
    me = (await rose.get("/api/v1/users/me")).is_answer(200, ...)
    assert (me["role"], me["tokens"]) == ("admin", 4500), me


def command(stack, name, *arguments):
    """Runs a command of operators on the stack. Returns what it prints."""
    environment = {**os.environ, **stack.emulator.environment(), "QUINTET_ADMIN_PASSWORD": PASSWORD}
    asked = [BINARY, name, "--stack", STACK, *arguments]
    return subprocess.run(asked, env=environment, check=True, timeout=60, stdout=subprocess.PIPE, text=True).stdout


async def administration(anybody, _):
    """what administrators do in 001"""
    root, ann = await anybody.sign_in("root"), await anybody.user("ann")
    tool = {"name": "weather", "description": "Tells the weather.", "endpoint": "https://weather.example.com"}
    (await ann.post("/api/v1/tools", tool)).is_answer(403, ...)
    made = (await root.post("/api/v1/tools", tool)).is_answer(201, ...)
    names = [one["name"] for one in (await ann.get("/api/v1/tools")).is_answer(200, ...)["items"]]
    assert "weather" in names, names
    assert (await root.delete(f"/api/v1/tools/{made['id']}")).status == 204
    found = (await root.get("/api/v1/users?sort=username:asc")).is_answer(200, ...)["items"]
    (user,) = [one for one in found if one["username"] == "ann"]
    changed = await root.put(f"/api/v1/users/{user['id']}", {"tokens_granted": 1000})
    changed.is_answer(200, {**user, "tokens": 5000, "updated_at": ...})
    (await ann.get("/api/tokens/")).is_answer(200, {"tokens": 5000})


async def permissions(_, stack):
    """the emulator does what policies say, so the functions' are enough"""
    # Functions were called with their own roles all along. That it means something is seen by somebody without any.
    iam = stack.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    table = stack.client("dynamodb", key["AccessKeyId"], key["SecretAccessKey"])
    try:
        table.get_item(TableName=stack.outputs["TableUsers"], Key={"pk": {"S": "counter"}, "sk": {"S": "users"}})
        raise AssertionError("who has no permissions reads")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException", error


async def janitor(anybody, stack):
    """the janitor removes what a deleted account leaves"""
    root = await anybody.sign_in("root")
    gone = await anybody.user("gone")
    user = (await gone.get("/api/v1/users/me")).is_answer(200, ...)["id"]
    made = (await gone.post("/api/v1/conversations", {"initial_message": "Hello"})).is_answer(201, ...)
    assert (await root.delete(f"/api/v1/users/{user}")).status == 204
    partitions = [("TableUsers", "sweep"), ("TableSessions", f"conversation#{made['id']}")]
    assert all(rows(stack, *partition) for partition in partitions), "there is nothing to remove"
    answer = await asyncio.to_thread(stack.client("lambda").invoke, FunctionName=stack.resources["Janitor"], Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()
    left = [rows(stack, *partition) for partition in partitions]
    assert not any(left), left


def rows(stack, table, partition):
    asked = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": partition}}}
    return stack.client("dynamodb").query(TableName=stack.outputs[table], **asked)["Items"]


async def rotation(anybody, stack):
    """another key for tokens, without a new deployment"""
    kate = await anybody.user("kate")
    before = key_of(kate)
    secret = stack.outputs["JwtSecretId"]
    stack.client("secretsmanager").put_secret_value(SecretId=secret, SecretString="another key, of 32 bytes at least")
    until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    # Who runs already signs with the key that it knows; two sign-ins at once make Lambda start another.
    changed = []
    while not changed:
        assert asyncio.get_running_loop().time() < until, "all tokens are signed with the key before"
        again = await asyncio.gather(*[anybody.sign_in("kate") for _ in range(2)])
        await asyncio.sleep(2 / SIGN_INS_A_SECOND)
        changed = [caller for caller in again if key_of(caller) != before]
    # Each of these is another function.
    for path in ["/api/v1/users/me", "/api/v1/conversations", "/token/", "/api/v1/tools", "/api/v1/webhooks"]:
        for caller in [kate, changed[0]]:
            (await caller.get(path)).is_answer(200, ...)


def key_of(caller):
    """Which key signed a token."""
    header = caller.credential.split()[1].split(".")[0]
    return json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]


async def throttling(anybody, _):
    """the gateway throttles sign-ins, and nothing else so soon"""
    signing_in, asking = [
        await asyncio.gather(*[asked() for _ in range(3 * SIGN_INS_AT_ONCE)])
        for asked in [lambda: anybody.post("/users/login/", {}), lambda: anybody.get("/token/")]
    ]
    refused = [answer for answer in signing_in if answer.status == 429]
    assert refused and len(refused) < len(signing_in), [answer.status for answer in signing_in]
    for answer in refused:
        answer.is_answer(429, {"detail": "Too many requests. Try again later."})
        assert answer.headers["Retry-After"] == "1", answer.headers
    assert {answer.status for answer in asking} == {401}, [answer.status for answer in asking]


async def removal(anybody, stack):
    """the stack is removed"""
    await asyncio.to_thread(stack.remove)
    tables = stack.client("dynamodb").list_tables()["TableNames"]
    functions = stack.client("lambda").list_functions()["Functions"]
    assert not tables and not functions, f"{tables} {functions}"


AT_FIRST = [health, administrator, support]
IN_THE_END = [administration, permissions, janitor, rotation, throttling, removal]
