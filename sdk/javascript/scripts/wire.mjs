// Makes src/wire.gen.ts from the OpenAPI document of a server: `npm run wire -- http://localhost:8000`.
// With `--check`, nothing is written, and a difference is an error.
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const flags = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
const [address = "http://localhost:8000"] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const file = new URL("../src/wire.gen.ts", import.meta.url);

const answer = await fetch(`${address}/openapi/platform.json`);
if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
// Only the schemas are used; a test compares the operations.
const document = { ...(await answer.json()), paths: {}, webhooks: {} };
const text = `// Made by scripts/wire.mjs from the OpenAPI document of the platform API. Do not edit.\n\n${astToString(
  await openapiTS(document),
)}`;

if (!flags.includes("--check")) writeFileSync(file, text);
else if (readFileSync(file, "utf8") !== text) {
  console.error("src/wire.gen.ts is not what the server's document gives. Run: npm run wire -- <address of a server>");
  process.exit(1);
}
