// Compiles the sources twice, to ES modules and to CommonJS.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));

rmSync(`${root}/dist`, { recursive: true, force: true });
execFileSync(process.execPath, [tsc, "--project", root], { stdio: "inherit" });

// The kind of a module is decided by the nearest package.json, so the sources are compiled below one that says CommonJS.
const copy = `${root}/dist/cjs-source`;
mkdirSync(`${root}/dist/cjs`);
cpSync(`${root}/src`, `${copy}/src`, { recursive: true });
writeFileSync(`${copy}/package.json`, '{"type":"commonjs"}\n');
writeFileSync(
  `${copy}/tsconfig.json`,
  JSON.stringify({ extends: "../../tsconfig.json", compilerOptions: { rootDir: "src", outDir: "../cjs" }, include: ["src"] }),
);
execFileSync(process.execPath, [tsc, "--project", copy], { stdio: "inherit" });
rmSync(copy, { recursive: true });
writeFileSync(`${root}/dist/cjs/package.json`, '{"type":"commonjs"}\n');
writeFileSync(`${root}/dist/esm/package.json`, '{"type":"module"}\n');
