// A real server for a test file, with its data in memory.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { AIAssistantClient } from "@ai-assistant/sdk";

const BINARY =
  process.env.QUINTET_BINARY ?? fileURLToPath(new URL("../../../../target/debug/quintet", import.meta.url));
export const PASSWORD = "password123";
const SETTINGS = {
  RATE_LIMIT_API: "0",
  RATE_LIMIT_AUTH: "0",
  ECHO_SCRIPTS: "1",
  OUTBOUND_ALLOW: "127.0.0.1",
  LOG_LEVEL: "error",
  INITIAL_TOKENS: "1000000",
  QUINTET_ADMIN_EMAIL: "admin@example.com",
  QUINTET_ADMIN_PASSWORD: PASSWORD,
};

let names = 0;

/** Starts a server on a free port. */
export async function startServer(settings = {}, listen = "127.0.0.1:0") {
  const child = spawn(BINARY, ["serve", "--in-memory", "--listen", listen], {
    env: { ...process.env, ...SETTINGS, ...settings },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  process.once("exit", () => child.kill("SIGKILL"));
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", (line) => {
      const found = /http:\/\/\S+/.exec(line);
      if (found) resolve(found[0]);
      else reject(new Error(line));
    });
    child.once("error", reject);
    child.once("close", () => reject(new Error("the server ended")));
  });
  const baseUrl = `${url}/api/v1`;
  return {
    url,
    baseUrl,
    /** A client of a new user. `through` is the address of a proxy. */
    async user(options = {}, through = url) {
      const email = `user${++names}@example.com`;
      await new AIAssistantClient({ baseUrl }).auth.register({ email, password: PASSWORD });
      return AIAssistantClient.signIn({ baseUrl: `${through}/api/v1`, email, password: PASSWORD, ...options });
    },
    admin: (options = {}) =>
      AIAssistantClient.signIn({ baseUrl, email: "admin@example.com", password: PASSWORD, ...options }),
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
