import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { decode, encode } from "../codec.ts";
import { NO_ADDRESS, PROTOCOL_VERSION, ServiceFlag, type Version, version } from "../version.ts";
import {
  codeOf,
  decodeBothWays,
  decodeSame,
  fileRecordings,
  REGTEST_SCENARIOS,
  readRecording,
  regtestRecordings,
} from "./recordings.ts";

const ADDRESS = `${"0500000000000000"}${"00".repeat(10)}ffff7f000001270f`;
const REQUIRED = `6012010005000000000000005712006b00000000${ADDRESS}`;
const SENDER = `${ADDRESS}0102030405060708`;
const AGENT = "022f2f";
const HEIGHT = "de010000";
const CHALLENGE = "ab".repeat(32);

describe("version", () => {
  it.each([
    ["the receiver's address", REQUIRED, {}],
    ["nonce", `${REQUIRED}${SENDER}`, { sender: true }],
    ["user agent", `${REQUIRED}${SENDER}${AGENT}`, { userAgent: "//" }],
    ["height", `${REQUIRED}${SENDER}${AGENT}${HEIGHT}`, { startHeight: 478 }],
    ["relay", `${REQUIRED}${SENDER}${AGENT}${HEIGHT}00`, { relay: false }],
    [
      "mnauth challenge",
      `${REQUIRED}${SENDER}${AGENT}${HEIGHT}01${CHALLENGE}`,
      { relay: true, challenge: CHALLENGE },
    ],
    ["masternode flag", `${REQUIRED}${SENDER}${AGENT}${HEIGHT}01${CHALLENGE}00`, { isMasternode: false }],
    ["fields of the future", `${REQUIRED}${SENDER}${AGENT}${HEIGHT}01${CHALLENGE}01aabb`, { rest: "aabb" }],
  ])("may end after %s", (_, hex, facts: Record<string, unknown>) => {
    const decoded = decodeBothWays("version", hexToBytes(hex), 70240, "");
    expect(decoded.addrRecv.services).toBe(5n);
    expect({
      sender: decoded.sender !== undefined,
      userAgent: decoded.userAgent,
      startHeight: decoded.startHeight,
      relay: decoded.relay,
      challenge: decoded.mnAuthChallenge && bytesToHex(decoded.mnAuthChallenge),
      isMasternode: decoded.isMasternode,
      rest: bytesToHex(decoded.rest),
    }).toMatchObject(facts);
  });

  it.each([
    ["in the middle of the receiver's address", REQUIRED.slice(0, -2)],
    ["in the middle of the nonce", `${REQUIRED}${SENDER.slice(0, -2)}`],
    ["in the middle of the user agent", `${REQUIRED}${SENDER}${AGENT.slice(0, -2)}`],
    ["in the middle of the challenge", `${REQUIRED}${SENDER}${AGENT}${HEIGHT}01${CHALLENGE.slice(0, -2)}`],
  ])("may not end %s", (_, hex) => {
    expect(codeOf(() => decode(version, hexToBytes(hex)))).toBe("wire/truncated");
  });

  it("has a user agent of at most 256 bytes, any bytes", () => {
    const agent = (size: number) =>
      `${REQUIRED}${SENDER}fd${(size & 0xff).toString(16).padStart(2, "0")}01${"fe".repeat(size)}`;
    const decoded = decodeSame(version, hexToBytes(agent(256)));
    expect(decoded.userAgent).toBe("\xfe".repeat(256));
    expect(codeOf(() => decode(version, hexToBytes(agent(257))))).toBe("wire/oversized");
    const ours: Version = { ...decoded, userAgent: "a".repeat(257) };
    expect(codeOf(() => encode(version, ours))).toBe("wire/invalid-value");
    expect(codeOf(() => encode(version, { ...ours, userAgent: "☃" }))).toBe("wire/invalid-value");
  });

  it("cannot be encoded with a field behind an absent one", () => {
    const full = decode(version, hexToBytes(`${REQUIRED}${SENDER}${AGENT}${HEIGHT}01${CHALLENGE}00`));
    expect(codeOf(() => encode(version, { ...full, startHeight: undefined }))).toBe("wire/invalid-value");
    expect(codeOf(() => encode(version, { ...full, isMasternode: undefined, rest: Uint8Array.of(1) }))).toBe(
      "wire/invalid-value",
    );
  });

  it("of ours starts like the one a node accepted", () => {
    const ours: Version = {
      protocolVersion: PROTOCOL_VERSION,
      services: 0n,
      time: 0x6b001257n,
      addrRecv: NO_ADDRESS,
      sender: { addrFrom: NO_ADDRESS, nonce: 1n },
      userAgent: "/light:0.1/",
      startHeight: 0,
      relay: true,
      mnAuthChallenge: undefined,
      isMasternode: undefined,
      rest: new Uint8Array(0),
    };
    expect(bytesToHex(encode(version, ours)).slice(0, 40)).toBe(`6012010000000000000000005712006b00000000`);
  });
});

if (hasVectors("p2p")) {
  it("a version of 2019 decodes to the recorded fields", () => {
    const [recording] = fileRecordings("p2p");
    if (recording === undefined) throw new Error("no vectors");
    readRecording("p2p", recording);
    interface Sample {
      message: string;
      payload: string;
      decoded: Record<string, unknown>;
    }
    const samples = readVectorJson<Sample[]>(`p2p/${recording.file}`);
    const sample = samples.find(({ message }) => message === "version");
    if (sample === undefined) throw new Error("no sample");
    const decoded = decodeBothWays("version", hexToBytes(sample.payload), 70215, "");
    expect({
      protocolVersion: decoded.protocolVersion,
      services: Number(decoded.services),
      timestamp: Number(decoded.time),
      nonce: `${decoded.sender?.nonce}`,
      userAgent: decoded.userAgent,
      startHeight: decoded.startHeight,
      relay: Number(decoded.relay),
      mnauthChallenge: bytesToHex(decoded.mnAuthChallenge ?? new Uint8Array(0)),
      fMasternode: Number(decoded.isMasternode),
    }).toEqual(sample.decoded);
  });
}

interface Handshake {
  ours: { protocol: number; services: number; relay: boolean; sendaddrv2: boolean };
  sent: { message: string; payload: string }[];
  received: { message: string; file: string }[];
}

for (const scenario of REGTEST_SCENARIOS) {
  describe(`${scenario}: handshake`, () => {
    const recordings = regtestRecordings(
      scenario,
      "version",
      "verack",
      "ping",
      "sendaddrv2",
      "sendheaders",
      "sendheaders2",
      "sendcmpct",
      "senddsq",
    );
    const handshakes = readVectorJson<Handshake[]>(`${scenario}/handshake/handshakes.json`);

    it("every version of the node says what it is", () => {
      const versions = recordings.filter(({ message }) => message === "version");
      expect(versions).toHaveLength(6);
      for (const entry of versions) {
        const decoded = decodeBothWays("version", readRecording(scenario, entry), 70240, entry.file);
        expect(decoded, entry.file).toMatchObject({
          protocolVersion: 70240,
          relay: true,
          isMasternode: false,
          rest: new Uint8Array(0),
        });
        expect(decoded.userAgent, entry.file).toMatch(/^\/Dash Core:23\.1\.2/);
        expect(decoded.services & ServiceFlag.network, entry.file).toBe(1n);
        expect(decoded.services & ServiceFlag.headersCompressed, entry.file).not.toBe(0n);
        expect(decoded.sender?.addrFrom, entry.file).toEqual({ ...NO_ADDRESS, services: decoded.services });
        expect(decoded.mnAuthChallenge, entry.file).toHaveLength(32);
      }
    });

    it("every control message has the content of wire.md 2.4", () => {
      for (const entry of recordings) {
        const payload = readRecording(scenario, entry);
        const at = entry.protocolVersion;
        switch (entry.message) {
          case "version":
            break;
          case "ping":
            expect(decodeBothWays("ping", payload, at, entry.file), entry.file).toBeTypeOf("bigint");
            break;
          case "sendcmpct":
            expect(decodeBothWays("sendcmpct", payload, at, entry.file), entry.file).toEqual({
              highBandwidth: false,
              version: 1n,
            });
            break;
          case "senddsq":
            expect(decodeBothWays("senddsq", payload, at, entry.file), entry.file).toBe(true);
            break;
          case "verack":
          case "sendaddrv2":
          case "sendheaders":
          case "sendheaders2":
            expect(decodeBothWays(entry.message, payload, at, entry.file), entry.file).toBeUndefined();
            break;
          default:
            throw new Error(entry.message);
        }
      }
    });

    it("what the recording client sent decodes to what it meant", () => {
      expect(handshakes).toHaveLength(6);
      for (const { ours, sent } of handshakes) {
        const version = sent.find(({ message }) => message === "version");
        const decoded = decodeBothWays("version", hexToBytes(version?.payload ?? ""), 70240, "version");
        expect(decoded).toMatchObject({
          protocolVersion: ours.protocol,
          services: BigInt(ours.services),
          relay: ours.relay,
          mnAuthChallenge: undefined,
        });
        expect(sent.some(({ message }) => message === "sendaddrv2")).toBe(ours.sendaddrv2);
        const pong = sent.find(({ message }) => message === "pong");
        expect(decodeBothWays("pong", hexToBytes(pong?.payload ?? ""), 70240, "pong")).toBeTypeOf("bigint");
      }
    });
  });
}
