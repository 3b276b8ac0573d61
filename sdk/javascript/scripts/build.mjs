// Compiles the sources twice, to ES modules and to CommonJS.
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));

rmSync(`${root}/dist`, { recursive: true, force: true });
for (const [folder, type, config] of [
  ["esm", "module", "tsconfig.json"],
  ["cjs", "commonjs", "tsconfig.cjs.json"],
]) {
  execFileSync(process.execPath, [tsc, "--project", config], { cwd: root, stdio: "inherit" });
  // The nearest package.json decides what a module is, for Node.js and for bundlers.
  writeFileSync(`${root}/dist/${folder}/package.json`, `${JSON.stringify({ type, sideEffects: false })}\n`);
}
