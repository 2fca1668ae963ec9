/**
 * `npm test`: everything a change must pass, in one run. Each step is a command of its own that can be run alone;
 * the last line counts the tests of all of them.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureChromium } from "./chromium.mjs";

const reports = mkdtempSync(join(tmpdir(), "dashlight-test-"));
const unitReport = join(reports, "unit.json");
const e2eReport = join(reports, "e2e.json");
const count = { passed: 0, failed: 0 };

/** @param {string} title @param {string} command @param {string[]} args @param {Record<string, string>} [env] */
function run(title, command, args, env = {}) {
  console.log(`\n== ${title}`);
  const { status } = spawnSync(command, args, { stdio: "inherit", env: { ...process.env, ...env } });
  return status === 0;
}

/** A step without tests of its own counts as one. */
function check(title, command, args) {
  count[run(title, command, args) ? "passed" : "failed"]++;
}

/** @param {string} file @param {(report: any) => {passed: number, failed: number}} read */
function addReport(file, ok, read) {
  try {
    const { passed, failed } = read(JSON.parse(readFileSync(file, "utf8")));
    count.passed += passed;
    count.failed += failed === 0 && !ok ? 1 : failed;
  } catch (error) {
    console.error(`No test report at ${file}: ${error}`);
    count.failed++;
  }
}

process.env.DASHLIGHT_CHROMIUM = ensureChromium();
console.log(`Chromium: ${process.env.DASHLIGHT_CHROMIUM}`);

check("WebAssembly modules", "node", ["worker/buildAssembly.mjs"]);
check("lint and format", "npx", ["biome", "check", "."]);
check("types", "npm", ["run", "-s", "typecheck"]);
check("layers", "npm", ["run", "-s", "layers"]);

const unit = run("unit tests", "npx", [
  "vitest",
  "run",
  "--coverage",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${unitReport}`,
]);
addReport(unitReport, unit, ({ numPassedTests, numFailedTests }) => ({
  passed: numPassedTests,
  failed: numFailedTests,
}));

const isBuilt = run("build", "npm", ["run", "-s", "build"]);
count[isBuilt ? "passed" : "failed"]++;
if (isBuilt) {
  const e2e = run("end to end", "npx", ["playwright", "test", "--reporter=list,json"], {
    PLAYWRIGHT_JSON_OUTPUT_NAME: e2eReport,
  });
  addReport(e2eReport, e2e, ({ stats }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
  }));
}

rmSync(reports, { recursive: true, force: true });
console.log(`\n${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed === 0 ? 0 : 1);
