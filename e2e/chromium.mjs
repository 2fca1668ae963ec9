import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium } from "playwright";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** @returns {string | undefined} path of a Chromium that is already here */
export function findChromium() {
  const named = process.env.DASHLIGHT_CHROMIUM;
  if (named) return named;
  const own = chromium.executablePath();
  if (existsSync(own)) return own;
  for (const name of NAMES) {
    const which = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
    if (which.status === 0 && which.stdout.trim()) return which.stdout.trim();
  }
  return undefined;
}

/**
 * Finds a Chromium or installs one: Debian's package where we may install packages, else Playwright's own build.
 * @returns {string} path of the executable
 */
export function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  for (const install of [installDebianPackage, installPlaywrightBuild]) {
    install();
    const installed = findChromium();
    if (installed) return installed;
  }
  throw new Error("No Chromium found, and none could be installed. Set DASHLIGHT_CHROMIUM to one.");
}

function installDebianPackage() {
  if (process.getuid?.() !== 0 || spawnSync("sh", ["-c", "command -v apt-get"]).status !== 0) return;
  console.log("Installing Chromium from the system's packages ...");
  const options = {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  };
  spawnSync("apt-get", ["update", "-qq"], options);
  spawnSync("apt-get", ["install", "-y", "-qq", "chromium"], options);
}

function installPlaywrightBuild() {
  console.log("Installing Playwright's Chromium ...");
  execFileSync("npx", ["playwright", "install", "chromium"], { stdio: "inherit" });
}
