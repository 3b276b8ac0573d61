import assert from "node:assert/strict";
import { test } from "node:test";
import { EventDecoder } from "../dist/esm/sse.js";

const utf8 = new TextEncoder();

/** The events of a text, given in pieces of some bytes. */
function events(text, size = Infinity) {
  const decoder = new EventDecoder();
  const bytes = utf8.encode(text);
  const found = [];
  for (let at = 0; at < bytes.length; at += size)
    found.push(...decoder.push(bytes.subarray(at, at + Math.min(size, bytes.length))));
  return found;
}

const STREAM =
  '\uFEFF: a comment\n\nevent: message\nid: 0.0\ndata: {"a":\ndata: 1}\n\nevent:delta\r\nid: 9.0\r\ndata: 🧑‍🚀 \u2028 \u0085\r\n\r\ndata\rretry: 5\r\revent: nothing\n\ndata:  two spaces\n\n';
const EXPECTED = [
  { event: "message", data: '{"a":\n1}', id: "0.0" },
  { event: "delta", data: "🧑‍🚀 \u2028 \u0085", id: "9.0" },
  { event: "message", data: "", id: "9.0" },
  { event: "message", data: " two spaces", id: "9.0" },
];

test("events are the same however the bytes are cut", () => {
  for (const size of [Infinity, 1, 2, 3, 5, 7, 11])
    assert.deepEqual(events(STREAM, size), EXPECTED, `pieces of ${size}`);
});

test("an event without its empty line is not told", () => {
  assert.deepEqual(events("data: half\n"), []);
});

test("an endless line is an error", () => {
  assert.throws(() => events("data: " + "x".repeat(1 << 20), 1 << 16), { name: "APIResponseError" });
});
