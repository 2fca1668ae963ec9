import { afterEach, describe, expect, test, vi } from "vitest";
import { PointCache } from "../pointCache.ts";

/** A fresh copy of the module: mcl is initialized once per thread. */
async function loadBls() {
  vi.resetModules();
  return import("../index.ts");
}

describe("createBls", () => {
  afterEach(() => vi.unstubAllGlobals());

  test("takes mcl where WebAssembly runs", async () => {
    const { createBls } = await loadBls();
    expect((await createBls()).engine).toBe("mcl");
    expect((await createBls("mcl")).engine).toBe("mcl");
  });

  test("takes noble where it is asked for", async () => {
    const { createBls } = await loadBls();
    expect((await createBls("noble")).engine).toBe("noble");
  });

  test.each([
    ["missing", undefined],
    ["forbidden", { Memory: class {}, instantiate: () => Promise.reject(new Error("refused by policy")) }],
  ])("takes noble where WebAssembly is %s", async (_, webAssembly) => {
    vi.stubGlobal("WebAssembly", webAssembly);
    const { createBls } = await loadBls();
    const bls = await createBls();
    expect(bls.engine).toBe("noble");
    const publicKey = {
      bytes: bls.publicKey(new Uint8Array(32).fill(1), "legacy"),
      scheme: "legacy",
    } as const;
    expect(bls.isValidPublicKey(publicKey)).toBe(true);
  });

  test("does not replace mcl where it is asked for and cannot run", async () => {
    vi.stubGlobal("WebAssembly", undefined);
    const { createBls } = await loadBls();
    await expect(createBls("mcl")).rejects.toMatchObject({
      facts: { code: "bls/engine-unavailable", engine: "mcl" },
    });
  });
});

describe("PointCache", () => {
  test("forgets the entry that was used longest ago", () => {
    const cache = new PointCache<number>(2);
    cache.set("a", 1);
    cache.set("b", 2);
    expect(cache.get("a")).toBe(1);
    cache.set("c", 3);
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([1, undefined, 3]);
  });
});
