import { describe, expect, it } from "vitest";
import {
  isLoopback,
  isPublicAddress,
  judgeAddress,
  judgeCount,
  judgeOrigin,
  parseAddress,
} from "../policy.ts";

describe("parseAddress", () => {
  it.each([
    ["1.2.3.4:9999", "ipv4", "1.2.3.4", 9999, "1.2.3.4:9999"],
    ["[2606:4700::1111]:9999", "ipv6", "2606:4700::1111", 9999, "[2606:4700::1111]:9999"],
    ["[2606:4700:0:0:0:0:0:1111]:1", "ipv6", "2606:4700::1111", 1, "[2606:4700::1111]:1"],
    ["[2606:4700::ABCD]:65535", "ipv6", "2606:4700::abcd", 65535, "[2606:4700::abcd]:65535"],
    ["[::ffff:10.0.0.1]:9999", "ipv6", "::ffff:a00:1", 9999, "[::ffff:a00:1]:9999"],
    ["Node.Example:19999", "name", "node.example", 19999, "node.example:19999"],
    ["1.2.3.4:0080", "ipv4", "1.2.3.4", 80, "1.2.3.4:80"],
    // Spellings that a resolver takes for 127.0.0.1: names, which are refused unless they were named.
    ["127.1:9999", "name", "127.1", 9999, "127.1:9999"],
    ["2130706433:9999", "name", "2130706433", 9999, "2130706433:9999"],
    ["0x7f.0.0.1:9999", "name", "0x7f.0.0.1", 9999, "0x7f.0.0.1:9999"],
    ["127.0.0.01:9999", "name", "127.0.0.01", 9999, "127.0.0.01:9999"],
  ] as const)("%s", (text, kind, host, port, canonical) => {
    expect(parseAddress(text)).toEqual({ kind, host, port, text: canonical });
  });

  it.each([
    "",
    ":9999",
    "1.2.3.4",
    "1.2.3.4:",
    "1.2.3.4:0",
    "1.2.3.4:65536",
    "1.2.3.4:-1",
    "1.2.3.4:9999 ",
    " 1.2.3.4:9999",
    "1.2.3.4:9999\n",
    "1.2.3.4:99:99",
    "1.2.3.4:1e3",
    "::1:9999",
    "2606:4700::1111:9999",
    "[]:9999",
    "[::g]:9999",
    "[1.2.3.4]:9999",
    "[1::2::3]:9999",
    "[fe80::1%eth0]:9999",
    "[::1",
    "user@host:9999",
    "http://host:9999",
    "host/path:9999",
    "ho st:9999",
    "höst:9999",
    `${"a".repeat(254)}:9999`,
  ])("refuses %j", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

function isPublic(host: string): boolean {
  const address = parseAddress(`${host}:9999`);
  if (address === undefined) throw new Error(`not an address: ${host}`);
  return isPublicAddress(address);
}

describe("isPublicAddress", () => {
  it.each([
    ["0.0.0.0", "0.255.255.255"],
    ["10.0.0.0", "10.255.255.255"],
    ["100.64.0.0", "100.127.255.255"],
    ["127.0.0.0", "127.255.255.255"],
    ["169.254.0.0", "169.254.255.255"],
    ["172.16.0.0", "172.31.255.255"],
    ["192.0.0.0", "192.0.0.255"],
    ["192.0.2.0", "192.0.2.255"],
    ["192.88.99.0", "192.88.99.255"],
    ["192.168.0.0", "192.168.255.255"],
    ["198.18.0.0", "198.19.255.255"],
    ["198.51.100.0", "198.51.100.255"],
    ["203.0.113.0", "203.0.113.255"],
    ["224.0.0.0", "239.255.255.255"],
    ["240.0.0.0", "255.255.255.255"],
    ["[::]", "[::1]"],
    ["[::ffff:0.0.0.0]", "[::ffff:255.255.255.255]"],
    ["[::ffff:127.0.0.1]", "[::ffff:8.8.8.8]"],
    ["[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]"],
    ["[64:ff9b::7f00:1]", "[64:ff9b:1::1]"],
    ["[100::]", "[1fff:ffff::]"],
    ["[2001::]", "[2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff]"],
    ["[2001:db8::]", "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]"],
    ["[2002:7f00:1::]", "[2002:ffff:ffff::]"],
    ["[3fff::]", "[3fff:fff:ffff::]"],
    ["[4000::]", "[5f00::1]"],
    ["[fc00::]", "[fdff:ffff::1]"],
    ["[fe80::]", "[febf::1]"],
    ["[fec0::1]", "[ff02::1]"],
    ["localhost", "node.example"],
  ])("refuses %s and %s", (first, last) => {
    expect([isPublic(first), isPublic(last)]).toEqual([false, false]);
  });

  it.each([
    ["1.0.0.0", "9.255.255.255"],
    ["11.0.0.0", "100.63.255.255"],
    ["100.128.0.0", "126.255.255.255"],
    ["128.0.0.0", "169.253.255.255"],
    ["169.255.0.0", "172.15.255.255"],
    ["172.32.0.0", "191.255.255.255"],
    ["192.0.1.0", "192.0.3.0"],
    ["192.88.98.255", "192.88.100.0"],
    ["192.169.0.0", "198.17.255.255"],
    ["198.20.0.0", "223.255.255.255"],
    ["[2001:200::]", "[2001:db7:ffff::]"],
    ["[2001:db9::]", "[2001:ffff::]"],
    ["[2003::]", "[2606:4700::1111]"],
    ["[2a01:4f8::1]", "[3ffe:ffff::]"],
  ])("accepts %s and %s", (first, last) => {
    expect([isPublic(first), isPublic(last)]).toEqual([true, true]);
  });
});

describe("judgeAddress", () => {
  const named = new Set(["10.0.0.1:5000", "[::1]:5000", "node.example:5000"]);
  const judge = (query: string | null) => {
    const verdict = judgeAddress(query, 9999, named);
    return verdict.isAllowed ? verdict.value.text : `${verdict.code} ${verdict.reason}`;
  };

  it.each([
    ["8.8.8.8:9999", "8.8.8.8:9999"],
    ["[2606:4700::1111]:9999", "[2606:4700::1111]:9999"],
    ["10.0.0.1:5000", "10.0.0.1:5000"],
    ["[0:0:0:0:0:0:0:1]:5000", "[::1]:5000"],
    ["NODE.example:5000", "node.example:5000"],
    [null, "4400 peer is not HOST:PORT"],
    ["8.8.8.8", "4400 peer is not HOST:PORT"],
    ["8.8.8.8:9998", "4403 not port 9999"],
    ["10.0.0.1:9999", "4403 not a public address"],
    ["10.0.0.1:5001", "4403 not a public address"],
    ["10.0.0.2:5000", "4403 not a public address"],
    ["[::ffff:10.0.0.1]:5000", "4403 not a public address"],
    ["node.example:9999", "4403 a host name that was not named at the start"],
    ["www.node.example:5000", "4403 a host name that was not named at the start"],
  ])("%s: %s", (query, expected) => {
    expect(judge(query)).toBe(expected);
  });
});

describe("judgeOrigin", () => {
  const ALLOWED = ["https://wallet.example"];
  it.each([
    // origin, Host, bound to, allowed
    [undefined, "anything", "127.0.0.1", true],
    ["http://127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1", true],
    ["http://localhost:8080", "localhost:8080", "127.0.0.1", true],
    ["http://localhost:8080", "LOCALHOST:8080", "::1", true],
    ["http://[::1]:8080", "[::1]:8080", "::1", true],
    ["https://wallet.example", "127.0.0.1:8080", "127.0.0.1", true],
    ["http://192.168.1.5:8080", "192.168.1.5:8080", "0.0.0.0", true],
    ["https://dash.example", "dash.example", "::", true],
    ["https://dash.example", "dash.example", "127.0.0.1", false],
    ["http://dash.example:8080", "dash.example:8080", "::1", false],
    ["http://127.0.0.1.evil.example", "127.0.0.1.evil.example", "127.0.0.1", false],
    ["http://127.0.0.1:8081", "127.0.0.1:8080", "127.0.0.1", false],
    ["http://localhost:8080", "127.0.0.1:8080", "127.0.0.1", false],
    ["https://evil.example", "127.0.0.1:8080", "127.0.0.1", false],
    ["https://wallet.example.evil", "127.0.0.1:8080", "127.0.0.1", false],
    ["http://wallet.example", "127.0.0.1:8080", "127.0.0.1", false],
    ["http://127.0.0.1:8080", undefined, "127.0.0.1", false],
    ["null", "127.0.0.1:8080", "127.0.0.1", false],
    ["", "127.0.0.1:8080", "127.0.0.1", false],
  ])("origin %s at host %s, bound to %s: %s", (origin, host, boundAddress, isAllowed) => {
    expect(judgeOrigin(origin, host, boundAddress, ALLOWED).isAllowed).toBe(isAllowed);
  });
});

describe("isLoopback", () => {
  it.each(["localhost", "app.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])("%s is", (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  it.each(["0.0.0.0", "::", "[::2]", "128.0.0.1", "localhost.example", "example", ""])(
    "%s is not",
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});

describe("judgeCount", () => {
  const limits = { relaysPerClient: 2, relays: 3 };
  it.each([
    [0, 0, true],
    [1, 2, true],
    [2, 2, false],
    [0, 3, false],
  ])("%i of the client and %i in all: %s", (ofClient, inAll, isAllowed) => {
    expect(judgeCount(ofClient, inAll, limits).isAllowed).toBe(isAllowed);
  });
});
