/**
 * Builds what is missing or older than its sources, so that `npm start` is all a newcomer has to type.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** What the page is made of. */
const SOURCES = [
  "app",
  "worker",
  "public",
  "bridge/protocol.ts",
  "index.html",
  "vite.config.ts",
  "package.json",
  "package-lock.json",
];
/** Folders below them that never reach the page. */
const NOT_IN_THE_PAGE = new Set(["test", "bench", "node"]);

/**
 * @param {string} root - folder of the project
 * @returns {boolean} whether something had to be built
 * @throws {Error} if a build fails; its output has been shown
 */
export function ensureBuilt(root) {
  const modules = run(root, ["worker/buildAssembly.mjs"]);
  const built = modules.replace(/.*: up to date\n/g, "");
  if (built) process.stderr.write(built);
  if (isUpToDate(root)) return false;
  process.stderr.write("Building the app (once, and after changes) ...\n");
  buildApp(root);
  return true;
}

/** @param {string} root */
export function isUpToDate(root) {
  const builtMs = newestMs(join(root, "dist/index.html"));
  return builtMs > Math.max(...SOURCES.map((source) => newestMs(join(root, source))));
}

/** Into a folder of its own first: an interrupted build must not look like a finished one. */
function buildApp(root) {
  const output = join(root, ".dashlight", `build-${process.pid}`);
  const dist = join(root, "dist");
  try {
    run(root, [
      "node_modules/vite/bin/vite.js",
      "build",
      "--logLevel",
      "warn",
      "--outDir",
      output,
      "--emptyOutDir",
    ]);
    rmSync(dist, { recursive: true, force: true });
    renameSync(output, dist);
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

/** @returns {string} what the command wrote, which is shown only if it fails */
function run(root, args) {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
  });
  if (status === 0) return stdout;
  process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
  throw new Error(`${args[0]} failed`, { cause: error });
}

/** @returns {number} when the file, or the newest one in the folder, was last changed; 0 if there is none */
function newestMs(path) {
  if (!existsSync(path)) return 0;
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  const entries = readdirSync(path).filter((name) => !NOT_IN_THE_PAGE.has(name));
  return Math.max(0, ...entries.map((name) => newestMs(join(path, name))));
}
