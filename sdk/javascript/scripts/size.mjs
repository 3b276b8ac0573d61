// What a page loads at first for a client: its chunk and the chunks that it imports, minified and compressed. What
// live updates and files need is loaded when it is used.
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const MOST = 15 * 1024;
const root = fileURLToPath(new URL("..", import.meta.url));

const { outputFiles, metafile } = await build({
  stdin: { contents: 'export { AIAssistantClient } from "./dist/esm/index.js";', resolveDir: root },
  bundle: true,
  minify: true,
  splitting: true,
  write: false,
  metafile: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  outdir: "out",
  logLevel: "warning",
  absWorkingDir: root,
});
const entry = Object.keys(metafile.outputs).find((name) => metafile.outputs[name].entryPoint);
const loaded = new Set();
const load = (name) => {
  if (loaded.has(name)) return;
  loaded.add(name);
  for (const { path, kind } of metafile.outputs[name].imports) if (kind === "import-statement") load(path);
};
load(entry);
const compressed = ({ contents }) => gzipSync(contents, { level: 9 }).length;
const sizes = outputFiles.map((file) => [file.path.slice(root.length), compressed(file)]);
const first = sizes.filter(([name]) => loaded.has(name.replace(/^\//, ""))).reduce((sum, [, size]) => sum + size, 0);
const all = sizes.reduce((sum, [, size]) => sum + size, 0);
console.log(`Bundle: ${first} bytes at first, ${all} with everything (${outputFiles.length} chunks)`);
if (first === 0 || first > MOST) {
  console.error(`The first load must be at most ${MOST} bytes.`);
  process.exit(1);
}
