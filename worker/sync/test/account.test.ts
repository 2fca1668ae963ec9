import { describe, expect, it } from "vitest";
import { SyncAccount } from "../account.ts";

describe("the account of a sync", () => {
  it("follows each failure until its data came", () => {
    const account = new SyncAccount();
    account.fail("470");
    account.fail("470");
    account.fail("qrinfo");
    expect(account.counts).toMatchObject({ failed: 3, recovered: 0, givenUp: 3 });
    account.succeed("470");
    expect(account.counts).toMatchObject({ failed: 3, recovered: 2, givenUp: 1 });
    account.succeed("471");
    expect(account.counts).toMatchObject({ failed: 3, recovered: 2, givenUp: 1 });
  });

  it("gives nothing up once nothing is missing", () => {
    const account = new SyncAccount();
    account.fail("470");
    account.complete();
    expect(account.counts).toMatchObject({ failed: 1, recovered: 1, givenUp: 0 });
    account.fail("471");
    expect(account.counts).toMatchObject({ failed: 2, recovered: 1, givenUp: 1 });
  });
});
