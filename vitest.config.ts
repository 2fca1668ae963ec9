import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { findChromium as findChromiumUntyped } from "./e2e/chromium.mjs";
import { readVectorBase64 } from "./worker/store/test/vectorCommand.ts";
import {
  awaitListRequests,
  mine,
  slowDown,
  startBridge,
  startNetwork,
  stopBridge,
  stopNetwork,
  takeListRequests,
} from "./worker/test/browser/networkCommands.ts";

const findChromium: () => string | undefined = findChromiumUntyped;

/** What Chromium would do by itself and no test wants; `--no-sandbox` since tests run as root in containers. */
const CHROMIUM_ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const BROWSER_TESTS = "**/*.browser.test.ts";
const TEST_TIMEOUT_MS = 120_000;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["worker/**/test/**/*.test.ts", "bridge/**/test/**/*.test.ts", "app/test/**/*.test.ts"],
          exclude: [BROWSER_TESTS, "**/node_modules/**"],
          environment: "node",
          testTimeout: TEST_TIMEOUT_MS,
          hookTimeout: TEST_TIMEOUT_MS,
        },
      },
      {
        // Found while tests run, they would make Vite start the page over.
        optimizeDeps: {
          include: [
            "idb",
            "comlink",
            "mcl-wasm",
            "@noble/bls12-381",
            "@noble/bls12-381/math",
            "@noble/hashes/sha2.js",
            "@noble/hashes/utils.js",
          ],
        },
        test: {
          name: "browser",
          include: [BROWSER_TESTS],
          // One origin for all files, and some clear it or limit its quota.
          fileParallelism: false,
          testTimeout: TEST_TIMEOUT_MS,
          hookTimeout: TEST_TIMEOUT_MS,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: findChromium(),
                args: CHROMIUM_ARGS,
              },
            }),
            instances: [{ browser: "chromium" }],
            commands: {
              readVectorBase64,
              startNetwork,
              mine,
              stopBridge,
              startBridge,
              stopNetwork,
              slowDown,
              takeListRequests,
              awaitListRequests,
            },
          },
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["worker/**/*.ts"],
      exclude: [
        "worker/*/assembly/**",
        "worker/*/build/**",
        "worker/**/test/**",
        "worker/bench/**",
        "**/*.d.ts",
        // Terminal tools with a main of their own: their tests run them as processes, which these counters do not see.
        "worker/node/verify.ts",
        "worker/node/sync.ts",
        "worker/node/scenario.ts",
        "worker/node/scenarios.ts",
        "worker/node/scenarios/jobProcess.ts",
      ],
      reporter: ["text-summary", "json-summary"],
      thresholds: {
        lines: 90,
        "worker/wire/**": { lines: 95 },
        "worker/engine/**": { lines: 95 },
        "worker/chain/**": { lines: 95 },
        "worker/params/**": { lines: 95 },
        "worker/sync/{discover,plan}*.ts": { lines: 95 },
      },
    },
  },
});
