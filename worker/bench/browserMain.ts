/** `npm run bench:browser`: the same in Chromium, where users are, and what only a page can tell. */
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { cpus, tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { chromium, type Page } from "@playwright/test";
import { build } from "vite";
import { createBridge } from "../../bridge/server.ts";
import { createSimnet, type SimnetOptions } from "../../bridge/simnet/network.ts";
import { ensureChromium } from "../../e2e/chromium.mjs";
import { createBls } from "../bls/index.ts";
import { loadX11 } from "../node/loadX11.ts";
import { paramsFromFile } from "../params/index.ts";
import { vectorsDir } from "../test/vectors.ts";
import { type BenchRow, formatTable, makeRow } from "./measure.ts";
import type { BenchOutcome } from "./page/main.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = join(import.meta.dirname, "page");
/** The workers' rows take two or three minutes. */
const TIMEOUT_MS = 480_000;
const CONTENT_TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };

async function main(): Promise<void> {
  const browser = await chromium.launch({
    executablePath: ensureChromium(),
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  try {
    const rows = [
      ...(await runWorkerRows(await browser.newPage())),
      ...(await benchApp(() => browser.newPage())),
    ];
    const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Chromium ${browser.version()}`;
    if (process.argv.includes("--json")) {
      console.log(
        JSON.stringify(
          rows.map((row) => ({ ...row, machine })),
          null,
          2,
        ),
      );
    } else console.log(`${formatTable(rows)}\n\n${machine}`);
  } finally {
    await browser.close();
  }
}

/** The rows of `npm run bench` that a worker of a page can run. */
async function runWorkerRows(page: Page): Promise<readonly BenchRow[]> {
  const outDir = mkdtempSync(join(tmpdir(), "dashlight-bench-page-"));
  try {
    const alias = { [join(ROOT, "worker/test/vectors.ts")]: join(PAGE, "fetchedVectors.ts") };
    const replaceVectors = {
      name: "fetched-vectors",
      enforce: "pre" as const,
      resolveId: (source: string, importer: string | undefined) =>
        importer && source.startsWith(".") ? alias[resolve(importer, "..", source)] : undefined,
    };
    await build({
      root: PAGE,
      configFile: false,
      logLevel: "error",
      base: "./",
      plugins: [replaceVectors],
      worker: { format: "es", plugins: () => [replaceVectors] },
      build: { outDir, emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 10_000 },
    });
    const server = await serve(outDir);
    try {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`);
      await page.waitForFunction(() => Reflect.get(globalThis, "outcome") !== undefined, undefined, {
        timeout: TIMEOUT_MS,
      });
      const outcome = await page.evaluate(() => Reflect.get(globalThis, "outcome") as BenchOutcome);
      if ("error" in outcome) throw new Error(outcome.error);
      return outcome.rows;
    } finally {
      server.close();
      await page.close();
    }
  } finally {
    rmSync(outDir, { recursive: true });
  }
}

/** Serves the page, and the recordings below /vectors/. On loopback, to itself. */
function serve(outDir: string): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const isVector = pathname.startsWith("/vectors/");
    const path = isVector ? join(vectorsDir(), pathname.slice("/vectors/".length)) : join(outDir, pathname);
    if (!existsSync(path)) response.writeHead(404).end();
    else if (statSync(path).isDirectory()) response.writeHead(200).end();
    else {
      response.setHeader("Content-Type", CONTENT_TYPES[extname(path)] ?? "application/octet-stream");
      createReadStream(path).pipe(response);
    }
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

/** The app as it is built, on simulated networks: how long a start takes, and what the page's own thread feels. */
async function benchApp(openPage: () => Promise<Page>): Promise<BenchRow[]> {
  const row = (what: string, ours: number, figure?: number) =>
    makeRow({
      what,
      ours,
      unit: "ms",
      isHigherBetter: false,
      ...(figure === undefined ? {} : { budget: { relation: "<=", figure } as const }),
    });
  const small = await visit(openPage, {});
  const large = await visit(openPage, { preset: "mainnet", cacheDir: join(ROOT, ".dashlight/simnet") });
  return [
    row("app, small simnet: cold start to all verified", small.coldMs, 5_000),
    row("app, small simnet: warm start to the stored state shown", small.warmMs, 500),
    row("app, small simnet: longest task of the page's thread while syncing", small.longestTaskMs, 50),
    row("app, mainnet-sized simnet: cold start to all verified", large.coldMs),
    row("app, mainnet-sized simnet: warm start to the stored state shown", large.warmMs, 500),
    row(
      "app, mainnet-sized simnet: longest task of the page's thread while syncing",
      large.longestTaskMs,
      50,
    ),
  ];
}

interface Visit {
  readonly coldMs: number;
  readonly warmMs: number;
  /** 0 if none is as long as 50 ms. */
  readonly longestTaskMs: number;
}

async function visit(openPage: () => Promise<Page>, options: Partial<SimnetOptions>): Promise<Visit> {
  const [bls, x11] = await Promise.all([createBls(), loadX11()]);
  const simnet = await createSimnet({ seed: 1, blockIntervalMs: 0, bls, x11, ...options });
  const bridge = await createBridge({
    params: paramsFromFile(simnet.params),
    paramsFile: simnet.params,
    peers: async () => simnet.addresses,
    namedAddresses: simnet.addresses,
    distDir: join(ROOT, "dist"),
  });
  const page = await openPage();
  page.setDefaultTimeout(120_000);
  try {
    await page.addInitScript(() => {
      const durations: number[] = [];
      Reflect.set(globalThis, "longTasks", durations);
      new PerformanceObserver((list) => {
        durations.push(...list.getEntries().map(({ duration }) => duration));
      }).observe({ type: "longtask", buffered: true });
    });
    const start = performance.now();
    await page.goto(bridge.url);
    await page.locator('[data-testid="sync-status"]').waitFor();
    // Starting the app is a task of its own.
    const before = await readLongTasks(page);
    await page.locator('[data-testid="sync-status"][data-kind="synced"]').waitFor();
    const coldMs = performance.now() - start;
    const during = (await readLongTasks(page)).slice(before.length);
    // Until the summary of this visit is stored.
    await page.waitForTimeout(3_000);
    const again = performance.now();
    await page.reload();
    await page.locator('[data-testid="tip-height"]').waitFor();
    const warmMs = performance.now() - again;
    return { coldMs, warmMs, longestTaskMs: Math.max(0, ...during) };
  } finally {
    await page.close();
    await bridge.close();
    await simnet.close();
  }
}

function readLongTasks(page: Page): Promise<number[]> {
  return page.evaluate(() => Reflect.get(globalThis, "longTasks") as number[]);
}

await main();
