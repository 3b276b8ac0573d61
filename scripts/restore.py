#!/usr/bin/env python3
"""Takes the tables of a stack back to a moment of the last 35 days. docs/operate.md says when and how.

  restore.py begin   --stack quintet --at 2026-11-29T10:00:00Z   restores each table into a new one beside it
  restore.py compare --stack quintet                             counts what differs, and changes nothing
  restore.py copy    --stack quintet                             makes the stack's tables the same as the restored ones
  restore.py end     --stack quintet                             deletes the restored tables

Needs Python 3.10 and boto3, which is where `sam` is. Region and credentials are those of the AWS CLI. Nobody must write
to the stack while it copies."""

import argparse
import datetime
import hashlib
import json
import sys
import time

import boto3
from botocore.exceptions import BotoCoreError, ClientError

# The outbox is left out: its rows expire after two days, and the stream would tell of them again. So are the tables
# that have no backups, of live connections and of rate limits.
TABLES = ["Users", "Assistants", "Tools", "Sessions", "Balances", "Files", "Webhooks"]
SUFFIX = "-restored"
WRITTEN_AT_ONCE = 25
RESTORING_MAX_SECONDS = 6 * 3600


def fail(sentence):
    sys.exit(f"restore.py: {sentence}")


class Pair:
    """A table of the stack, and the one that a backup was restored into."""

    def __init__(self, database, output, name):
        self.database, self.output, self.name = database, output, name
        self.restored = name + SUFFIX

    def status(self):
        """Of the restored table. `None` if there is none."""
        try:
            return self.database.describe_table(TableName=self.restored)["Table"]["TableStatus"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise

    def rows(self, table):
        pages = self.database.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        for page in pages:
            yield from page["Items"]

    def differences(self):
        """Requests that make the stack's table the same as the restored one."""
        now, left = time.time(), {key(row): digest(row) for row in self.rows(self.name)}
        for row in self.rows(self.restored):
            if float(row.get("expires_at", {}).get("N", "inf")) <= now:
                continue
            if left.pop(key(row), None) != digest(row):
                yield {"PutRequest": {"Item": row}}
        for pk, sk in left:
            keys = {"pk": {"S": pk}} if sk is None else {"pk": {"S": pk}, "sk": {"S": sk}}
            yield {"DeleteRequest": {"Key": keys}}

    def write(self, requests):
        """Writes a batch. What DynamoDB leaves is tried again."""
        pause = 0.1
        while requests:
            answer = self.database.batch_write_item(RequestItems={self.name: requests})
            requests = answer.get("UnprocessedItems", {}).get(self.name, [])
            if requests:
                time.sleep(pause)
                pause = min(2 * pause, 10)


def key(row):
    return row["pk"]["S"], row.get("sk", {}).get("S")


def digest(row):
    """The same for rows with the same content. A set has no order."""

    def is_set(name, inner):
        # A map may have keys with the names of types.
        return name in ("SS", "NS", "BS") and isinstance(inner, list)

    def plain(value):
        if isinstance(value, dict):
            return {name: plain(sorted(inner) if is_set(name, inner) else inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        return value if isinstance(value, (str, bool, type(None))) else repr(value)

    return hashlib.sha256(json.dumps(plain(row), sort_keys=True).encode()).digest()


def pairs_of(stack):
    try:
        described = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        fail(f"the stack {stack} cannot be read: {error.response['Error']['Message']}")
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    missing = [name for name in TABLES if f"Table{name}" not in outputs]
    if missing:
        fail(f"the stack {stack} has no output Table{missing[0]}: is it one of Quintet, and of this version?")
    database = boto3.client("dynamodb")
    return [Pair(database, name, outputs[f"Table{name}"]) for name in TABLES]


def begin(pairs, moment):
    there = [pair.restored for pair in pairs if pair.status()]
    if there:
        fail(f"there is a table {there[0]} already: run `end` first, or go on with `compare`")
    for pair in pairs:
        try:
            pair.database.restore_table_to_point_in_time(
                SourceTableName=pair.name, TargetTableName=pair.restored, RestoreDateTime=moment
            )
        except ClientError as error:
            fail(f"{pair.output} cannot be restored: {error.response['Error']['Message']} Run `end` before you try again.")
        print(f"{pair.output}: restoring into {pair.restored}", flush=True)
    print("This takes from minutes to hours.", flush=True)
    until = time.monotonic() + RESTORING_MAX_SECONDS
    while waiting := [pair.restored for pair in pairs if pair.status() != "ACTIVE"]:
        if time.monotonic() > until:
            fail(f"{waiting[0]} is not ready yet: run `compare` when it is")
        time.sleep(10)
    print("All tables are restored. Next: `compare`.")


def compare(pairs):
    for pair in pairs:
        put = removed = 0
        for request in pair.differences():
            put, removed = put + ("PutRequest" in request), removed + ("DeleteRequest" in request)
        print(f"{pair.output}: {put} rows to put back, {removed} newer rows to remove", flush=True)


def copy(pairs):
    for pair in pairs:
        written, batch = 0, []
        # What differs is known before the first write, so that no page of the scan shows a row of this copy.
        for request in list(pair.differences()):
            batch.append(request)
            written += 1
            if len(batch) == WRITTEN_AT_ONCE:
                pair.write(batch)
                batch = []
        pair.write(batch)
        print(f"{pair.output}: {written} rows written", flush=True)
    print("The tables are as they were. Next: let requests in again, and `end`.")


def end(pairs):
    for pair in pairs:
        if pair.status():
            pair.database.delete_table(TableName=pair.restored)
            print(f"{pair.restored}: deleted", flush=True)


def moment(text):
    parsed = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    if parsed.tzinfo is None:
        raise argparse.ArgumentTypeError("it needs a time zone, such as 2026-11-29T10:00:00Z")
    return parsed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["begin", "compare", "copy", "end"])
    parser.add_argument("--stack", required=True, help="the CloudFormation stack")
    parser.add_argument("--at", type=moment, metavar="TIME", help="the moment to go back to, for `begin`")
    asked = parser.parse_args()
    if (asked.step == "begin") != (asked.at is not None):
        parser.error("`begin` needs --at, and no other step takes it")
    pairs = pairs_of(asked.stack)
    if asked.step == "begin":
        begin(pairs, asked.at)
        return
    missing = [pair.restored for pair in pairs if pair.status() != "ACTIVE"]
    if asked.step == "end":
        end(pairs)
    elif missing:
        fail(f"there is no table {missing[0]}, or it is not ready: run `begin` first")
    else:
        {"compare": compare, "copy": copy}[asked.step](pairs)


try:
    main()
except (BotoCoreError, ClientError) as error:
    # No region or no credentials, for example.
    fail(str(error))
