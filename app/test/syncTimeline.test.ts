import { describe, expect, it } from "vitest";
import {
  layoutTimeline,
  nearestBar,
  neighbour,
  type Timeline,
  type TimelineBar,
  type TimelineLane,
} from "../syncTimeline.ts";
import { requestRow, START } from "./syncRows.ts";

const A = "203.0.113.7:9999";
const B = "203.0.113.8:9999";

/** Two wait for the first two; one peer fails what the other answers. */
const ROWS = [
  requestRow(1, [0, 0, 400], { kind: "qrinfo", address: A }),
  requestRow(2, [0, 0, 200], { address: B, state: "retried" }),
  requestRow(3, [0, 100, 600], { address: A }),
  requestRow(4, [0, 200, 1_000], { address: B }),
];

const laneOf = ({ lanes }: Timeline, address: string | undefined): TimelineLane => {
  const lane = lanes.find((one) => one.address === address);
  if (lane === undefined) throw new Error(`no lane of ${address}`);
  return lane;
};
const barOf = (timeline: Timeline, key: string): TimelineBar => {
  const bar = timeline.lanes.flatMap(({ bars }) => bars).find((one) => one.key === key);
  if (bar === undefined) throw new Error(`no bar ${key}`);
  return bar;
};
const keysOf = ({ bars }: TimelineLane) => bars.map(({ key }) => key);

describe("layoutTimeline", () => {
  const timeline = layoutTimeline(ROWS, START + 5_000);

  it("spans the time from the first question to the last answer", () => {
    expect(timeline).toMatchObject({ fromMs: START, toMs: START + 1_000 });
  });

  it("has a lane for the queue and one for each peer, in the order they were asked", () => {
    expect(timeline.lanes.map(({ address }) => address)).toEqual([undefined, A, B]);
  });

  it("places each bar by its time", () => {
    expect(barOf(timeline, "4-sent")).toMatchObject({ start: 0.2, length: 0.8, state: "answered" });
    expect(barOf(timeline, "2-sent")).toMatchObject({ start: 0, length: 0.2, state: "retried" });
  });

  it("shows in the queue what waited, as waiting", () => {
    expect(keysOf(laneOf(timeline, undefined))).toEqual(["3-waiting", "4-waiting"]);
    expect(barOf(timeline, "4-waiting")).toMatchObject({ start: 0, length: 0.2, state: "queued" });
  });

  it("stacks what overlaps, and lets a free track be used again", () => {
    const { tracks, bars } = laneOf(timeline, A);
    expect(tracks).toBe(2);
    expect(bars.map(({ track }) => track)).toEqual([0, 1]);
    expect(laneOf(timeline, B)).toMatchObject({ tracks: 1, bars: [{ track: 0 }, { track: 0 }] });
  });

  it("lets what is not over grow until now", () => {
    const rows = [requestRow(1, [0, 100]), requestRow(2, [0])];
    const early = layoutTimeline(rows, START + 200);
    expect(early.toMs).toBe(START + 200);
    expect(barOf(early, "1-sent")).toMatchObject({ start: 0.5, length: 0.5, state: "inFlight" });
    expect(barOf(early, "2-waiting")).toMatchObject({ start: 0, length: 1, state: "queued" });
    expect(barOf(layoutTimeline(rows, START + 1_000), "1-sent")).toMatchObject({ start: 0.1, length: 0.9 });
  });

  it("shows what nobody could be asked for in the queue, as what it is", () => {
    const lonely = requestRow(1, [0], { state: "failed", endedAtMs: START });
    const { lanes } = layoutTimeline([lonely], START + 9_000);
    expect(lanes).toMatchObject([{ address: undefined, bars: [{ state: "failed", length: 0 }] }]);
  });

  it("keeps bars within the time when clocks say that an answer came before its question", () => {
    const [bar] = laneOf(layoutTimeline([requestRow(1, [50, 50, 40])], START + 100), A).bars;
    expect(bar?.start).toBe(0);
    expect(bar?.length).toBe(0);
  });

  it.each([
    [1_000, [0, 200, 400, 600, 800, 1_000]],
    [70, [0, 20, 40, 60]],
    [34_000, [0, 10_000, 20_000, 30_000]],
    [2_900, [0, 500, 1_000, 1_500, 2_000, 2_500]],
  ])("marks round times within %i ms", (durationMs, offsets) => {
    const { ticks } = layoutTimeline([requestRow(1, [0, 0, durationMs])], START);
    expect(ticks.map(({ offsetMs }) => Math.round(offsetMs))).toEqual(offsets);
    expect(ticks.every(({ at }) => at >= 0 && at <= 1)).toBe(true);
  });
});

describe("going from bar to bar", () => {
  const timeline = layoutTimeline(ROWS, START);
  it.each([
    ["2-sent", "ArrowRight", "4-sent"],
    ["4-sent", "ArrowLeft", "2-sent"],
    ["4-sent", "ArrowRight", "4-sent"],
    ["3-sent", "Home", "1-sent"],
    ["2-sent", "End", "4-sent"],
    ["4-sent", "ArrowUp", "3-sent"],
    ["1-sent", "ArrowUp", "4-waiting"],
    ["3-waiting", "ArrowUp", "3-waiting"],
    ["4-sent", "ArrowDown", "4-sent"],
    ["4-sent", "Tab", "4-sent"],
  ])("from %s with %s to %s", (from, key, to) => {
    expect(neighbour(timeline, barOf(timeline, from), key).key).toBe(to);
  });

  it("points at the bar that is nearest", () => {
    const lane = laneOf(timeline, A);
    expect(nearestBar(lane, 0.05, 0.2)?.key).toBe("1-sent");
    expect(nearestBar(lane, 0.3, 0.1)?.key).toBe("1-sent");
    expect(nearestBar(lane, 0.3, 0.9)?.key).toBe("3-sent");
    expect(nearestBar(lane, 0.9, 0.1)?.key).toBe("3-sent");
    expect(nearestBar({ address: A, tracks: 1, bars: [] }, 0.5, 0.5)).toBeUndefined();
  });
});
