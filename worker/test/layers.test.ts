import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** Runs the layer check on a small project of these files. */
function checkLayers(files: Record<string, string>): { status: number | null; output: string } {
  const project = mkdtempSync(join(tmpdir(), "dashlight-layers-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(project, path)), { recursive: true });
      writeFileSync(join(project, path), text);
    }
    writeFileSync(
      join(project, "package.json"),
      '{"type":"module","dependencies":{"idb":"*","comlink":"*"}}',
    );
    writeFileSync(
      join(project, "tsconfig.node.json"),
      '{"compilerOptions":{"allowImportingTsExtensions":true}}',
    );
    symlinkSync(join(root, "node_modules"), join(project, "node_modules"));
    const depcruise = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
    const config = join(root, ".dependency-cruiser.cjs");
    const folders = [...new Set(Object.keys(files).map((path) => path.split("/")[0] as string))];
    const run = spawnSync("node", [depcruise, "--config", config, ...folders], {
      cwd: project,
      encoding: "utf8",
    });
    return { status: run.status, output: run.stdout + run.stderr };
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

const PLANTED: [string, Record<string, string>][] = [
  ["layer-wire", { "worker/wire/a.ts": 'import "../engine/b.ts";', "worker/engine/b.ts": "export {};" }],
  ["layer-engine", { "worker/engine/a.ts": 'import "../net/b.ts";', "worker/net/b.ts": "export {};" }],
  ["layer-net", { "worker/net/a.ts": 'import "../store/b.ts";', "worker/store/b.ts": "export {};" }],
  [
    "layer-discover-and-plan",
    { "worker/sync/plan.ts": 'import "./executor.ts";', "worker/sync/executor.ts": "export {};" },
  ],
  [
    "layer-simnet",
    { "bridge/simnet/a.ts": 'import "../../worker/engine/b.ts";', "worker/engine/b.ts": "export {};" },
  ],
  ["layer-app", { "app/a.tsx": 'import "../worker/client.ts";', "worker/client.ts": "export {};" }],
  [
    "store-takes-types",
    {
      "worker/store/a.ts": 'import { b } from "../engine/b.ts"; b();',
      "worker/engine/b.ts": "export const b = () => 1;",
    },
  ],
  [
    "no-cycles",
    {
      "worker/wire/a.ts": 'import { b } from "./b.ts"; export const a = b;',
      "worker/wire/b.ts": 'import { a } from "./a.ts"; export const b = a;',
    },
  ],
  ["one-place-for-idb", { "worker/sync/a.ts": 'import { openDB } from "idb"; openDB("x");' }],
  [
    "no-node-in-the-browser",
    { "worker/wire/a.ts": 'import { readFileSync } from "node:fs"; readFileSync("x");' },
  ],
  ["no-unresolvable", { "worker/wire/a.ts": 'import "./gone.ts";' }],
];

describe("layer rules", () => {
  it.each(PLANTED)("%s refuses a planted import", (rule, files) => {
    const { status, output } = checkLayers(files);
    expect(output).toContain(rule);
    expect(status).not.toBe(0);
  });

  it("accepts an import that follows the layers", () => {
    const { status, output } = checkLayers({
      "worker/engine/a.ts": 'import { b } from "../wire/b.ts"; export const a = b;',
      "worker/wire/b.ts": "export const b = 1;",
    });
    expect(output).toContain("2 modules, 1 dependencies");
    expect(status).toBe(0);
  });
});
