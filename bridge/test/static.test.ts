import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, describe, expect, it } from "vitest";
import type { Bridge } from "../server.ts";
import { REGTEST, startBridge } from "./rig.ts";

const scratch = mkdtempSync(join(tmpdir(), "dashlight-dist-"));
const distDir = join(scratch, "dist");
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const INDEX = "<!doctype html><title>Dashlight</title>";
const FILES: Record<string, string> = {
  "dist/index.html": INDEX,
  "dist/sw.js": "self.skipWaiting();",
  "dist/manifest.webmanifest": "{}",
  "dist/icon.svg": "<svg/>",
  "dist/icon.png": "png",
  "dist/favicon.ico": "ico",
  "dist/empty.txt": "",
  "dist/with space.txt": "space",
  "dist/assets/index-B4x.js": "export {};",
  "dist/assets/index-B4x.js.map": "{}",
  "dist/assets/index-C1.css": "a{}",
  "dist/assets/x11-D2.wasm": "\0asm",
  "dist/assets/other.bin": "bin",
  "secret.txt": "secret",
  "dist-neighbour/secret.txt": "secret",
};
for (const [path, content] of Object.entries(FILES)) {
  mkdirSync(dirname(join(scratch, path)), { recursive: true });
  writeFileSync(join(scratch, path), content);
}

/** The request line as it is: `fetch` would tidy the path up. */
async function rawRequest(bridge: Bridge, target: string, method = "GET", headers = ""): Promise<string> {
  const socket = connect(bridge.port, "127.0.0.1");
  socket.write(`${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`);
  return text(socket);
}

const NAVIGATION = { headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" } };
const IMMUTABLE = "public, max-age=31536000, immutable";

describe("the built app", () => {
  it.each([
    ["/", "text/html; charset=utf-8", "no-cache", INDEX],
    ["/?tuning=1", "text/html; charset=utf-8", "no-cache", INDEX],
    ["/index.html", "text/html; charset=utf-8", "no-cache", INDEX],
    ["/sw.js", "text/javascript; charset=utf-8", "no-cache", "self.skipWaiting();"],
    ["/manifest.webmanifest", "application/manifest+json; charset=utf-8", "no-cache", "{}"],
    ["/icon.svg", "image/svg+xml", "no-cache", "<svg/>"],
    ["/icon.png", "image/png", "no-cache", "png"],
    ["/favicon.ico", "image/x-icon", "no-cache", "ico"],
    ["/empty.txt", "text/plain; charset=utf-8", "no-cache", ""],
    ["/with%20space.txt", "text/plain; charset=utf-8", "no-cache", "space"],
    ["/assets/index-B4x.js", "text/javascript; charset=utf-8", IMMUTABLE, "export {};"],
    ["/assets/index-B4x.js.map", "application/json; charset=utf-8", IMMUTABLE, "{}"],
    ["/assets/index-C1.css", "text/css; charset=utf-8", IMMUTABLE, "a{}"],
    ["/assets/x11-D2.wasm", "application/wasm", IMMUTABLE, "\0asm"],
    ["/assets/other.bin", "application/octet-stream", IMMUTABLE, "bin"],
  ])("%s is %s", async (path, type, caching, content) => {
    const bridge = await startBridge({ distDir });
    const response = await fetch(bridge.url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("cache-control")).toBe(caching);
    expect(response.headers.get("content-length")).toBe(String(content.length));
    expect(await response.text()).toBe(content);
    const head = await fetch(bridge.url + path, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(content.length));
    expect(await head.text()).toBe("");
  });

  it("is not sent again to a browser that has it", async () => {
    const bridge = await startBridge({ distDir });
    const etag = (await fetch(bridge.url)).headers.get("etag") ?? "";
    const again = await fetch(bridge.url, { headers: { "if-none-match": etag } });
    expect([again.status, await again.text(), again.headers.get("cache-control")]).toEqual([
      304,
      "",
      "no-cache",
    ]);
    const changed = await fetch(bridge.url, { headers: { "if-none-match": 'W/"0-0"' } });
    expect(changed.status).toBe(200);
  });

  it.each(["/masternodes", "/quorums/101/00ab", "/no.such.page"])(
    "a navigation to %s gets the page",
    async (path) => {
      const bridge = await startBridge({ distDir });
      const response = await fetch(bridge.url + path, NAVIGATION);
      expect([response.status, await response.text()]).toEqual([200, INDEX]);
      expect(response.headers.get("cache-control")).toBe("no-cache");
      expect((await fetch(bridge.url + path)).status).toBe(404);
    },
  );

  it("a missing asset is an error even as a navigation", async () => {
    const bridge = await startBridge({ distDir });
    const response = await fetch(`${bridge.url}/assets/index-old.js`, NAVIGATION);
    expect([response.status, await response.text()]).toEqual([404, "Not found\n"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("says so when it is missing", async () => {
    const bridge = await startBridge({ distDir: join(scratch, "nowhere") });
    const response = await fetch(bridge.url, NAVIGATION);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("npm run build");
  });
});

describe("paths that lead out of the build", () => {
  it.each([
    "/../secret.txt",
    "/assets/../../secret.txt",
    "/../dist-neighbour/secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "/....//secret.txt",
    "//secret.txt",
    "/%00/../../secret.txt",
    "/index.html%00.txt",
    "/%",
    "/%ff",
    "/%252e%252e/secret.txt",
    "/assets",
    "/assets/",
    "/..",
    "/.",
    "secret.txt",
    "../secret.txt",
    "file:///etc/passwd",
    "/etc/passwd",
    "//etc/passwd",
    "*",
  ])("%s", async (target) => {
    const bridge = await startBridge({ distDir });
    const answer = await rawRequest(bridge, target);
    expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(answer).not.toMatch(/secret$|root:/);
  });
});

describe("every answer", () => {
  it.each(["/", "/nothing", "/bridge/network", "/assets/index-B4x.js"])("%s is locked down", async (path) => {
    const bridge = await startBridge({ distDir });
    const { headers } = await fetch(bridge.url + path);
    expect(headers.get("content-security-policy")).toBe(
      "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' http: https: ws: wss:; " +
        "img-src 'self'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; " +
        "form-action 'none'; object-src 'none'",
    );
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
  });

  it("forbids WebAssembly too if that is wanted", async () => {
    const bridge = await startBridge({ distDir, forbidsWebAssembly: true });
    const { headers } = await fetch(bridge.url);
    expect(headers.get("content-security-policy")).toContain("script-src 'self'; worker-src 'self'");
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is not allowed", async (method) => {
    const bridge = await startBridge({ distDir });
    const response = await fetch(bridge.url, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});

describe("GET /bridge/network", () => {
  it("names the network, its peers and nothing more for a built-in one", async () => {
    const bridge = await startBridge({ peers: async () => ["8.8.8.8:19899"] });
    const response = await fetch(`${bridge.url}/bridge/network`);
    expect(await response.json()).toEqual({ network: "regtest", peers: ["8.8.8.8:19899"] });
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  });

  it("may be read by pages of allowed origins only", async () => {
    const allowed = "https://wallet.example";
    const bridge = await startBridge({ allowedOrigins: [allowed] });
    const grantTo = async (origin: string) => {
      const { headers } = await fetch(`${bridge.url}/bridge/network`, { headers: { origin } });
      expect(headers.get("vary")).toBe("Origin");
      return headers.get("access-control-allow-origin");
    };
    expect(await grantTo(allowed)).toBe(allowed);
    for (const origin of ["https://evil.example", "null", bridge.url])
      expect(await grantTo(origin)).toBeNull();
  });

  it("hands on the parameter file as it is", async () => {
    const paramsFile = { network: "regtest", note: [1, "two"] };
    const bridge = await startBridge({ paramsFile, params: REGTEST });
    const response = await fetch(`${bridge.url}/bridge/network`);
    expect(await response.json()).toEqual({ network: "regtest", params: paramsFile, peers: [] });
  });

  it("answers 500 when there is no list of peers, and goes on", async () => {
    const lines: string[] = [];
    const peers = async () => {
      throw new Error("no list");
    };
    const bridge = await startBridge({ distDir, peers, log: (line) => lines.push(line) });
    expect((await fetch(`${bridge.url}/bridge/network`)).status).toBe(500);
    expect(lines).toEqual(["GET /bridge/network: no list"]);
    expect((await fetch(bridge.url)).status).toBe(200);
  });
});

describe("requests that are no HTTP", () => {
  const UPGRADE =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  it.each([
    ["a WebSocket elsewhere", "/elsewhere", UPGRADE, "404"],
    ["a WebSocket without a key", "/bridge/p2p", "Upgrade: websocket\r\nConnection: Upgrade\r\n", "400"],
    ["no WebSocket", "/bridge/p2p", "", "426"],
    ["a broken header", "/", "bro ken\r\n", "400"],
  ])("%s", async (_what, target, headers, status) => {
    const bridge = await startBridge({ distDir });
    expect(await rawRequest(bridge, target, "GET", headers)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });
});
