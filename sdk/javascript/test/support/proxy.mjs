// A proxy that does to requests and answers what networks do.
import http from "node:http";

/** Starts a proxy for a server. `fail(match, kind, details)` arranges what happens to the next matching requests:
 *
 * - `refuse`: the connection is closed, and the server gets nothing.
 * - `drop`: the server acts, and its answer is lost.
 * - `hang`: the server acts, and its answer never comes.
 * - `answer`: the proxy answers by itself, with `status`, `headers`, `body`.
 * - `cut`: the connection breaks after `bytes` of the body, or where `at` begins in it.
 * - `silence`: nothing comes after that place, and the connection stays open.
 * - `trickle`: the body comes byte by byte.
 * - `change`: `change(text)` makes another body.
 */
export async function startProxy(target) {
  const seen = [];
  const faults = [];
  const { hostname, port } = new URL(target);

  const server = http.createServer((request, response) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("error", () => {});
    request.on("end", () => {
      const body = Buffer.concat(pieces);
      const { method, url: path, headers } = request;
      const entry = { method, path, headers, body: body.toString(), at: performance.now() };
      seen.push(entry);
      const fault = faults.find(({ match, times }) => times > 0 && match(entry));
      if (!fault) return forward(entry, body, response);
      fault.times--;
      if (fault.kind === "refuse") return request.socket.destroy();
      if (fault.kind === "answer") {
        response.writeHead(fault.status, { "content-type": "application/json", ...fault.headers });
        return response.end(fault.body ?? "");
      }
      forward(entry, body, response, fault);
    });
  });

  function forward({ method, path, headers }, body, response, fault = {}) {
    const asked = http.request({ hostname, port, method, path, headers, agent: false }, (answer) => {
      const { kind } = fault;
      if (kind === "drop" || kind === "hang" || kind === "change") {
        const pieces = [];
        answer.on("data", (piece) => pieces.push(piece));
        answer.on("end", () => {
          if (kind === "drop") response.socket?.destroy();
          if (kind !== "change") return;
          const { "content-length": _, "transfer-encoding": __, ...kept } = answer.headers;
          response.writeHead(answer.statusCode, kept);
          response.end(fault.change(Buffer.concat(pieces).toString()));
        });
        return;
      }
      const { "content-length": _, ...streamed } = answer.headers;
      response.writeHead(answer.statusCode, kind ? streamed : answer.headers);
      if (!kind) return answer.pipe(response);
      response.flushHeaders();
      let passed = Buffer.alloc(0);
      let isOver = false;
      answer.on("data", (piece) => {
        if (kind === "trickle") {
          for (const byte of piece) response.write(Buffer.of(byte));
          return;
        }
        const before = passed.length;
        passed = Buffer.concat([passed, piece]);
        const found = fault.at === undefined ? fault.bytes : passed.indexOf(fault.at);
        const end = found === -1 || found > passed.length ? undefined : found;
        response.write(passed.subarray(before, end), () => {
          if (end !== undefined && kind === "cut") response.socket?.destroy();
        });
        isOver ||= end !== undefined;
        if (isOver) answer.destroy();
      });
      answer.on("end", () => isOver || response.end());
    });
    asked.on("error", () => response.socket?.destroy());
    response.on("close", () => asked.destroy());
    asked.end(body);
  }

  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    seen,
    /** Requests of a method and path, as `POST /assistants`. Queries do not count. */
    count: (wanted) => seen.filter(matches(wanted)).length,
    fail(wanted, kind, { times = 1, ...details } = {}) {
      faults.push({ match: typeof wanted === "function" ? wanted : matches(wanted), kind, times, ...details });
    },
    reset() {
      seen.length = 0;
      faults.length = 0;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function matches(wanted) {
  const [method, path] = wanted.split(" ");
  const pattern = new RegExp(`^/api/v1${path.replaceAll("*", "[^/]+")}$`);
  return (entry) => entry.method === method && pattern.test(entry.path.split("?")[0]);
}
