import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
// @ts-expect-error plain JavaScript: it runs before TypeScript can
import { ensureBuilt as ensureBuiltUntyped, isUpToDate as isUpToDateUntyped } from "../ensureBuilt.mjs";

const ensureBuilt: (root: string) => boolean = ensureBuiltUntyped;
const isUpToDate: (root: string) => boolean = isUpToDateUntyped;

/** Stands for Vite: leaves a page, and fails on demand after it has written half of it. */
const BUILDER = `
  import { existsSync, mkdirSync, writeFileSync } from "node:fs";
  const output = process.argv[process.argv.indexOf("--outDir") + 1];
  mkdirSync(output + "/assets", { recursive: true });
  writeFileSync(output + "/index.html", "page");
  if (existsSync("broken")) { console.error("does not compile"); process.exit(1); }
  writeFileSync(output + "/assets/index.js", "");
`;

function makeProject(): string {
  const root = mkdtempSync(join(tmpdir(), "dashlight-build-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  write(root, "worker/buildAssembly.mjs", 'console.log("x11: up to date");');
  write(root, "node_modules/vite/bin/vite.js", BUILDER);
  write(root, "node_modules/vite/package.json", '{"type":"module"}');
  for (const source of [
    "app/main.tsx",
    "app/test/main.test.ts",
    "worker/deep/down.ts",
    "index.html",
    "package.json",
  ]) {
    write(root, source, "{}");
  }
  return root;
}

function write(root: string, path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  utimesSync(join(root, path), 1_000_000, 1_000_000);
}

function touch(root: string, path: string): void {
  const soon = Date.now() / 1000 + 10;
  utimesSync(join(root, path), soon, soon);
}

function captureStderr(): string[] {
  const lines: string[] = [];
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  onTestFinished(() => spy.mockRestore());
  return lines;
}

describe("ensureBuilt", () => {
  it("builds what is missing, once, and says so only then", () => {
    const root = makeProject();
    const lines = captureStderr();
    expect(ensureBuilt(root)).toBe(true);
    expect(readFileSync(join(root, "dist/index.html"), "utf8")).toBe("page");
    expect(lines).toEqual(["Building the app (once, and after changes) ...\n"]);
    expect(ensureBuilt(root)).toBe(false);
    expect(lines).toHaveLength(1);
    expect(readdirSync(join(root, ".dashlight"))).toEqual([]);
  });

  it.each(["app/main.tsx", "worker/deep/down.ts", "index.html", "package.json"])(
    "builds again when %s is newer",
    (path) => {
      const root = makeProject();
      captureStderr();
      ensureBuilt(root);
      write(root, "dist/left-over.js", "");
      touch(root, path);
      expect(isUpToDate(root)).toBe(false);
      expect(ensureBuilt(root)).toBe(true);
      expect(existsSync(join(root, "dist/left-over.js"))).toBe(false);
    },
  );

  it("does not build again for a test", () => {
    const root = makeProject();
    captureStderr();
    ensureBuilt(root);
    touch(root, "app/test/main.test.ts");
    expect(ensureBuilt(root)).toBe(false);
  });

  it("leaves the last build in place when one fails, and tries again", () => {
    const root = makeProject();
    const lines = captureStderr();
    ensureBuilt(root);
    write(root, "broken", "");
    touch(root, "app/main.tsx");
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(() => ensureBuilt(root)).toThrow("node_modules/vite/bin/vite.js failed");
      expect(lines.at(-1)).toBe("does not compile\n");
      expect(existsSync(join(root, "dist/assets/index.js"))).toBe(true);
      expect(readdirSync(join(root, ".dashlight"))).toEqual([]);
    }
  });

  it("stops when the block hash does not build", () => {
    const root = makeProject();
    const lines = captureStderr();
    write(root, "worker/buildAssembly.mjs", 'console.error("no compiler"); process.exit(3);');
    expect(() => ensureBuilt(root)).toThrow("worker/buildAssembly.mjs failed");
    expect(lines).toEqual(["no compiler\n"]);
    expect(existsSync(join(root, "dist"))).toBe(false);
  });
});
