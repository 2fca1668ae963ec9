import { hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";
import { type NetworkParams, networkParams, paramsFromFile } from "../../params/index.ts";
import { hasVectors, readVector, readVectorJson } from "../../test/vectors.ts";
import { type BlockHash, toHashHex } from "../../wire/hashes.ts";
import { HeaderChain } from "../headerChain.ts";
import { readHeaderFields } from "../headerRules.ts";
import { computeWork, decodeTarget, encodeCompact, isProofOfWork } from "../target.ts";
import { hashHeaders, NOW } from "./mining.ts";

interface Checkpoint {
  height: number;
  hash: string;
  header: string;
  chainWork: string;
}

interface Manifest {
  files: {
    file: string;
    firstHeight?: number;
    count?: number;
    lastHash?: string;
    expected?: { blocksUsingPowLimitException?: number; blocksUsingTimes10Exception?: number };
  }[];
}

/** Takes a recorded row of headers in: from genesis, or on the block its first header names. */
function chainOf(params: NetworkParams, headers: Uint8Array, firstHeight: number): HeaderChain {
  const chain =
    firstHeight === 0
      ? HeaderChain.fromGenesis(params, hashHeaders)
      : HeaderChain.fromBlock(params, hashHeaders, {
          height: firstHeight - 1,
          hash: headers.slice(4, 36) as BlockHash,
        });
  const result = chain.acceptHeaders(headers, NOW);
  expect(result.error).toBeUndefined();
  expect(result.accepted).toBe(headers.length / 80);
  return chain;
}

const hexAt = (chain: HeaderChain, height: number): string | undefined => {
  const hash = chain.hashAt(height);
  return hash && toHashHex(hash);
};

for (const network of ["mainnet", "testnet"]) {
  const folder = `${network}/headers`;
  if (!hasVectors(folder)) continue;
  const params = networkParams(network);
  const { files } = readVectorJson<Manifest>(`${folder}/manifest.json`);

  describe(folder, () => {
    const ranges = files.filter(({ file }) => file.endsWith(".bin"));
    test.each(ranges)("$file: every rule holds", ({ file, firstHeight = 0, count, lastHash, expected }) => {
      const headers = readVector(`${folder}/${file}`);
      expect(headers.length).toBe((count ?? 0) * 80);
      const chain = chainOf(params, headers, firstHeight);
      expect(toHashHex(chain.tip.hash)).toBe(lastHash);
      const { powLimit, times10 } = countExceptions(params, headers, firstHeight);
      expect(powLimit).toBe(expected?.blocksUsingPowLimitException ?? 0);
      expect(times10).toBe(expected?.blocksUsingTimes10Exception ?? 0);
    });

    test.each(ranges)(
      "$file: harder or easier bits are refused from the 25th on",
      ({ file, firstHeight = 0 }) => {
        const headers = readVector(`${folder}/${file}`);
        for (const index of [24, 577, 1200, headers.length / 80 - 1]) {
          const chain = chainOf(params, headers.subarray(0, index * 80), firstHeight);
          for (const change of [-1, 1]) {
            const header = headers.slice(index * 80, (index + 1) * 80);
            const view = new DataView(header.buffer);
            view.setUint32(72, view.getUint32(72, true) + change, true);
            // zeros for a hash, so that only the difficulty is wrong
            const { error } = chain.acceptHeaders(header, NOW, new Uint8Array(32));
            const limit = encodeCompact(params.pow.powLimit);
            const code =
              view.getUint32(72, true) > limit ? "chain/bad-proof-of-work" : "chain/bad-difficulty";
            expect(error?.code).toBe(code);
          }
        }
      },
    );

    test("one flipped bit anywhere in a header is refused", () => {
      const { file, firstHeight = 0 } = ranges[0] as (typeof ranges)[number];
      const headers = readVector(`${folder}/${file}`).subarray(0, 1500 * 80);
      const chain = chainOf(params, headers.subarray(0, -80), firstHeight);
      for (let bit = 0; bit < 640; bit++) {
        const header = headers.slice(-80);
        header[bit >> 3] = (header[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(chain.acceptHeaders(header, NOW).error?.code).toBe("chain/bad-proof-of-work");
      }
      expect(chain.acceptHeaders(headers.slice(-80), NOW).error).toBeUndefined();
    });

    const every = files.find(({ file }) => file.startsWith("checkpoints_every"))?.file;
    const checkpoints = readVectorJson<Checkpoint[]>(`${folder}/${every}`);

    test("checkpoints: hash and proof of work", () => {
      const hashes = hashHeaders(Uint8Array.from(checkpoints.flatMap((c) => [...hexToBytes(c.header)])));
      checkpoints.forEach(({ hash, header }, i) => {
        const computed = hashes.subarray(i * 32, (i + 1) * 32);
        expect(toHashHex(computed)).toBe(hash);
        const { bits } = readHeaderFields(hexToBytes(header));
        expect(isProofOfWork(computed, bits, params.pow.powLimit)).toBe(true);
      });
    });

    test("checkpoints: recorded work grows by the work of at least the one block, and frames the minimum", () => {
      checkpoints.forEach(({ header, chainWork }, i) => {
        const before = BigInt(`0x${checkpoints[i - 1]?.chainWork ?? "0"}`);
        const own = computeWork(decodeTarget(readHeaderFields(hexToBytes(header)).bits));
        expect(BigInt(`0x${chainWork}`) - before >= own).toBe(true);
      });
      const anchorHeight = params.anchor?.block.height ?? 0;
      for (const { height, chainWork } of checkpoints) {
        expect(BigInt(`0x${chainWork}`) < params.minimumChainWork).toBe(height < anchorHeight);
      }
    });

    test("checkpoints and ranges agree", () => {
      let compared = 0;
      for (const { file, firstHeight = 0 } of ranges) {
        const chain = chainOf(params, readVector(`${folder}/${file}`), firstHeight);
        for (const { height, hash } of [...checkpoints, ...params.checkpoints]) {
          const computed = hexAt(chain, height);
          if (computed === undefined) continue;
          expect(computed).toBe(hash);
          compared++;
        }
      }
      expect(compared).toBeGreaterThan(0);
    });
  });
}

/** Blocks whose bits come from a min-difficulty rule, where Dark Gravity Wave applies. */
function countExceptions(params: NetworkParams, headers: Uint8Array, firstHeight: number) {
  const counts = { powLimit: 0, times10: 0 };
  if (!params.pow.allowMinDifficultyBlocks) return counts;
  const fields = (i: number) => readHeaderFields(headers.subarray(i * 80, (i + 1) * 80));
  for (let i = Math.max(24, params.pow.dgwHeight - firstHeight); i < headers.length / 80; i++) {
    const gap = fields(i).time - fields(i - 1).time;
    if (gap > 7200) counts.powLimit++;
    else if (gap > 600) counts.times10++;
  }
  return counts;
}

describe("regtest recordings", () => {
  for (const scenario of ["cycle-a", "faults-b", "few-masternodes-c", "legacy-bls-d"]) {
    const folder = `regtest/${scenario}`;
    if (!hasVectors(folder)) continue;
    test(folder, () => {
      const params = paramsFromFile(readVectorJson(`${folder}/params.json`));
      const blocks = readVectorJson<{ height: number; hash: string; header: string; chainwork?: string }[]>(
        `${folder}/chain.json`,
      );
      const chain = HeaderChain.start(params, hashHeaders);
      for (const { height, hash, header, chainwork } of blocks) {
        expect(chain.acceptHeaders(hexToBytes(header), NOW).error).toBeUndefined();
        expect(chain.tip.height).toBe(height);
        expect(hexAt(chain, height)).toBe(hash);
        if (chainwork !== undefined) expect(chain.chainWork).toBe(BigInt(`0x${chainwork}`));
      }
      const { getblockchaininfo: info } = readVectorJson<{
        getblockchaininfo: { bestblockhash: string; chainwork: string };
      }>(`${folder}/misc.json`);
      expect(toHashHex(chain.tip.hash)).toBe(info.bestblockhash);
      expect(chain.chainWork).toBe(BigInt(`0x${info.chainwork}`));
      expect(chain.hasMinimumWork).toBe(true);
    });
  }
});

describe("genesis", () => {
  test.each(["mainnet", "testnet", "devnet", "regtest"])(
    "%s: X11 of the header is the genesis hash",
    (name) => {
      const chain = HeaderChain.fromGenesis(networkParams(name), hashHeaders);
      expect(chain.tip.height).toBe(0);
      expect(toHashHex(chain.tip.hash)).toBe(networkParams(name).genesisHash);
    },
  );
});
