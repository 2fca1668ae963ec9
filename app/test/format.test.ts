import { describe, expect, it } from "vitest";
import {
  formatAgo,
  formatBytes,
  formatClock,
  formatDuration,
  formatEta,
  formatNumber,
  formatOffset,
  formatPercent,
  formatSpan,
  formatTime,
  plural,
  shortHash,
} from "../format.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2025, 10, 20, 11, 6, 42);

describe("formatAgo", () => {
  it.each([
    [0, "just now"],
    [9_999, "just now"],
    [-5 * MINUTE, "just now"],
    [10 * SECOND, "10 seconds ago"],
    [59_999, "59 seconds ago"],
    [MINUTE, "1 minute ago"],
    [2 * MINUTE, "2 minutes ago"],
    [HOUR - 1, "59 minutes ago"],
    [3 * HOUR, "3 hours ago"],
    [47 * HOUR, "47 hours ago"],
    [2 * DAY, "2 days ago"],
    [400 * DAY, "400 days ago"],
  ])("%i ms before now is %s", (age, text) => {
    expect(formatAgo(NOW - age, NOW)).toBe(text);
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "1 second"],
    [1_999, "1 second"],
    [90 * SECOND, "1 minute"],
    [DAY, "24 hours"],
  ])("%i ms is %s", (duration, text) => {
    expect(formatDuration(duration)).toBe(text);
  });
});

describe("formatEta", () => {
  it.each([
    [0, "a few seconds"],
    [4_999, "a few seconds"],
    [5_000, "about 5 seconds"],
    [12_000, "about 15 seconds"],
    [59_999, "about 60 seconds"],
    [MINUTE, "about 1 minute"],
    [89 * MINUTE, "about 89 minutes"],
    [2 * HOUR, "about 2 hours"],
  ])("%i ms is %s", (eta, text) => {
    expect(formatEta(eta)).toBe(text);
  });
});

describe("formatBytes", () => {
  it.each([
    [-1, "0 B"],
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1.0 kB"],
    [12_440, "12.4 kB"],
    [99_949, "99.9 kB"],
    [99_960, "100 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [7_113_400, "7.1 MB"],
    [62_000_000_000, "62.0 GB"],
    [5e15, "5000 TB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe("formatPercent", () => {
  it.each([
    [-0.2, "0 %"],
    [0, "0 %"],
    [0.299, "29 %"],
    [0.9999, "99 %"],
    [1, "100 %"],
    [1.4, "100 %"],
  ])("%d is %s", (fraction, text) => {
    expect(formatPercent(fraction)).toBe(text);
  });
});

describe("formatSpan", () => {
  it.each([
    [-5, "0 ms"],
    [84.4, "84 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [1_840, "1.8 s"],
    [9_949, "9.9 s"],
    [9_951, "10 s"],
    [59_499, "59 s"],
    [59_500, "1 min 0 s"],
    [125_000, "2 min 5 s"],
  ])("%d ms is %s", (ms, text) => {
    expect(formatSpan(ms)).toBe(text);
  });
});

describe("formatOffset", () => {
  it.each([
    [40, 20, "40 ms"],
    [100, 50, "100 ms"],
    [0, 200, "0.0 s"],
    [1_000, 200, "1.0 s"],
    [30_000, 10_000, "30 s"],
  ])("%d ms, marked every %d ms, is %s", (offsetMs, stepMs, text) => {
    expect(formatOffset(offsetMs, stepMs)).toBe(text);
  });
});

describe("shortHash", () => {
  const hash = "00000000000000133f2c9b7e5d3f2ca4f1c09b7e5d3f2ca4f1c09b7e9f3c21ab";

  it("keeps both ends", () => expect(shortHash(hash)).toBe("00000000…9f3c21ab"));
  it("keeps as much as asked for", () => expect(shortHash(hash, 4)).toBe("0000…21ab"));
  it("never makes a text longer", () => expect(shortHash("0123456789abcdef0")).toBe("0123456789abcdef0"));
  it("keeps nothing of nothing", () => expect(shortHash("")).toBe(""));
});

describe("formatNumber, plural, formatTime", () => {
  it("groups digits", () => expect(formatNumber(2391204)).toBe("2,391,204"));
  it.each([
    [0, "0 peers"],
    [1, "1 peer"],
    [1200, "1,200 peers"],
  ])("counts %i", (count, text) => expect(plural(count, "peer")).toBe(text));
  it("takes another plural", () => expect(plural(2, "entry", "entries")).toBe("2 entries"));
  it("writes the time of day", () => expect(formatClock(NOW, "UTC")).toBe("11:06:42"));
  it("writes date and time", () => expect(formatTime(NOW, "UTC")).toBe("20 Nov 2025, 11:06:42"));
});
