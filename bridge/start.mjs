/**
 * `npm start`: builds what is missing, then runs bridge/main.ts in this process, so that arguments, signals and the exit
 * code need no forwarding.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuilt } from "./ensureBuilt.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

try {
  const wantsHelp = process.argv.includes("--help");
  if (!wantsHelp) ensureBuilt(root);
  const { register } = await import("tsx/esm/api");
  register();
} catch (error) {
  const isNotInstalled = error.code === "ERR_MODULE_NOT_FOUND";
  console.error(isNotInstalled ? "Packages are missing: run npm ci first." : error.message);
  process.exit(1);
}
await import("./main.ts");
