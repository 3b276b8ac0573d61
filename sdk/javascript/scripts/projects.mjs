// Packs the package, and lets publint and attw judge it. Installs it into an empty folder, and uses it as projects of
// every kind do. Then makes sure that the compiler notices when the document and the types differ.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
const folder = mkdtempSync(join(tmpdir(), "sdk-projects-"));

const run = (program, args, cwd) =>
  execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const tsc = (cwd) =>
  spawnSync(process.execPath, [join(modules, "typescript/bin/tsc"), "--project", cwd], { encoding: "utf8" });

/** Compiles a project whose sources are ES modules, CommonJS, or both. */
function compile(name, files, options) {
  const project = join(folder, name);
  mkdirSync(project);
  for (const file of files) cpSync(join(root, "test/projects/use.ts"), join(project, file));
  writeFileSync(join(project, "package.json"), "{}");
  const strict = { strict: true, noEmit: true, skipLibCheck: false, target: "ES2022", lib: ["ES2022"] };
  const compilerOptions = { ...strict, typeRoots: [join(modules, "@types")], types: ["node"], ...options };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const { status, stdout } = tsc(project);
  assert.equal(status, 0, `${name}: ${stdout}`);
  console.log(`Project ${name}: compiled`);
}

/** The sources with a changed document must not compile: each change has to be noticed at a place of its own. */
function mustNotCompile(changes) {
  const copy = join(folder, "changed");
  cpSync(join(root, "src"), join(copy, "src"), { recursive: true });
  cpSync(join(root, "tsconfig.json"), join(copy, "tsconfig.json"));
  writeFileSync(join(copy, "package.json"), '{"type":"module"}');
  symlinkSync(modules, join(copy, "node_modules"));
  const document = join(copy, "src/wire.gen.ts");
  let text = readFileSync(document, "utf8");
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), from);
    text = text.replaceAll(from, to);
  }
  writeFileSync(document, text);
  const lines = readFileSync(join(copy, "src/codecs.ts"), "utf8").split("\n");
  const wrong = [...tsc(copy).stdout.matchAll(/codecs\.ts\((\d+),/g)].map(([, line]) => lines[line - 1]);
  for (const [, , place] of changes)
    assert.ok(
      wrong.some((line) => line.includes(place)),
      `${place}: not noticed`,
    );
  console.log(`Changes of the document: ${changes.length} noticed`);
}

try {
  const [{ filename }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root),
  );
  const packed = join(folder, filename);
  run(process.execPath, [join(modules, "publint/src/cli.js"), packed, "--strict"], root);
  run(process.execPath, [join(modules, "@arethetypeswrong/cli/dist/index.js"), packed], root);
  console.log(`${filename}: publint and attw have no complaint`);

  writeFileSync(join(folder, "package.json"), '{"private":true}');
  run("npm", ["install", "--silent", "--offline", "--no-audit", "--no-fund", packed], folder);
  for (const file of ["run.cjs", "run.mjs"]) cpSync(join(root, "test/projects", file), join(folder, file));
  for (const file of ["run.cjs", "run.mjs"]) assert.match(run(process.execPath, [file], folder), /^(cjs|esm)\n$/);
  console.log("Projects cjs, esm: run");

  compile("node16", ["use.mts", "use.cts"], { module: "node16" });
  compile("nodenext", ["use.mts", "use.cts"], { module: "nodenext" });
  compile("node10", ["use.ts"], { module: "commonjs", moduleResolution: "node10" });
  const browser = { lib: ["ES2022", "DOM", "DOM.Iterable", "DOM.AsyncIterable"], types: [] };
  compile("bundler", ["use.ts"], { module: "esnext", moduleResolution: "bundler", ...browser });

  mustNotCompile([
    ["system_prompt: string | null;", "system_prompt: string | null; mood: string;", 'Assistant>("assistant"'],
    ["status_detail: string;", "status_detail: string | null;", "statusDetail: text"],
    ["has_failed: boolean", "has_failed: string", "hasFailed: flag"],
    ["tokens_left", "tokens_remaining", "tokensLeft: number"],
    ['"conversation.created" |', '"conversation.created" | "conversation.archived" |', "eventsAreCurrent"],
    ["expires_in_days?: number | null;", "", "expiresInDays: same"],
  ]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
