import { describe, expect, it } from "vitest";
import { DashlightError } from "../../errors.ts";
import { ManualClock } from "../../test/manualClock.ts";
import { RequestLog } from "../requestLog.ts";
import { diffRequest, qrInfoRequest } from "./requests.ts";

function start() {
  const clock = new ManualClock(1_000);
  return { clock, log: new RequestLog(() => clock.now()) };
}

describe("the log of requests", () => {
  it("follows a request from the queue to its end", () => {
    const { clock, log } = start();
    const id = log.queue(diffRequest(448, 424, { isSpeculative: true, priority: "low" }), "high");
    clock.advance(5);
    log.send(id, "1.2.3.4:9999");
    clock.advance(5);
    log.receive(id, 700);
    expect(log.rows[0]?.state).toBe("inFlight");
    clock.advance(5);
    log.end(id, "answered");
    expect(log.rows).toEqual([
      {
        id,
        kind: "mnlistdiff",
        label: "424 to 448",
        reason: "a test",
        priority: "high",
        isSpeculative: true,
        state: "answered",
        address: "1.2.3.4:9999",
        queuedAtMs: 1_000,
        sentAtMs: 1_005,
        endedAtMs: 1_015,
        bytes: 700,
        error: undefined,
      },
    ]);
  });

  it("counts what is new in it", () => {
    const { log } = start();
    const news = [
      () => log.queue(diffRequest(8), "low"),
      () => log.send(1, "1.2.3.4:9999"),
      () => log.receive(1, 700),
      () => log.end(1, "answered"),
      () => log.sample(0, 4),
    ];
    for (const happen of news) {
      const before = log.revision;
      happen();
      expect(log.revision).not.toBe(before);
    }
    const last = log.revision;
    log.sample(0, 4);
    log.end(99, "answered");
    expect(log.revision).toBe(last);
  });

  it("names a qrinfo by its cycle, and why it was in vain", () => {
    const { log } = start();
    const error = new DashlightError({ code: "net/refused", address: "1.2.3.4:9999", request: "getqrinfo" });
    log.end(log.queue(qrInfoRequest(), "critical"), "fellBack", error);
    log.end(log.queue(qrInfoRequest(), "critical"), "aborted", "the chain changed");
    expect(log.rows).toMatchObject([
      {
        label: "cycle 456",
        isSpeculative: false,
        state: "fellBack",
        error: { code: "net/refused" },
        address: undefined,
      },
      { state: "aborted", error: { reason: "the chain changed" } },
    ]);
  });

  it("keeps the newest two hundred, with ids that are never used twice", () => {
    const { log } = start();
    const ids = Array.from({ length: 250 }, (_, i) => log.queue(diffRequest(i), "low"));
    log.end(ids[0] ?? 0, "answered");
    expect(log.rows.map(({ id }) => id)).toEqual(ids.slice(50));
    expect(new Set(ids).size).toBe(250);
  });

  it("samples how many are on their way whenever that changes", () => {
    const { clock, log } = start();
    log.sample(0, 4);
    clock.advance(10);
    log.sample(0, 4);
    log.sample(1, 4);
    log.sample(1, 8);
    expect(log.concurrency).toEqual([
      { atMs: 1_000, inFlight: 0, limit: 4 },
      { atMs: 1_010, inFlight: 1, limit: 4 },
      { atMs: 1_010, inFlight: 1, limit: 8 },
    ]);
    for (let i = 0; i < 600; i++) log.sample(i, 8);
    expect([log.concurrency.length, log.concurrency.at(-1)?.inFlight]).toEqual([500, 599]);
  });
});
