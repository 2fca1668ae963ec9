import { networkParams } from "../../params/index.ts";
import { readVector, readVectorJson } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import type { Height } from "../../wire/hashes.ts";
import { mnListDiff } from "../../wire/mnListDiff.ts";
import { applyDiff } from "../applyDiff.ts";
import type { EngineContext } from "../context.ts";
import type { MasternodeList } from "../masternodeList.ts";
import { EMPTY_ENGINE, type EngineState } from "../state.ts";
import { KnownChain } from "./knownChain.ts";

interface RecordedDiff {
  readonly file: string;
  readonly protocolVersion: number;
  readonly expected: { readonly blockHeight: Height; readonly blockHash: string };
}

/** Headers of testnet around V20, and the one block of the series that lies far below them. */
export function testnetChain(): KnownChain {
  return new KnownChain()
    .addHeaderFile("testnet/headers/headers_899800_905999.bin", 899800)
    .addHash(530000, "0000060db4b6bdb17f0617d15637bdf0f18ad738ccb438ee2cd000fef11c7130");
}

/** Applies `testnet/mnlistdiff/series_530000`, each diff on the one before. */
export function applyTestnetSeries(chain: KnownChain): { state: EngineState; lists: MasternodeList[] } {
  const params = networkParams("testnet");
  const context: EngineContext = { params, chain, isValidSignature: () => true };
  const { files } = readVectorJson<{ files: RecordedDiff[] }>("testnet/mnlistdiff/manifest.json");
  let state = EMPTY_ENGINE;
  const lists: MasternodeList[] = [];
  for (const { file, protocolVersion } of files) {
    if (!file.startsWith("series_530000/")) continue;
    const diff = decode(mnListDiff(protocolVersion), readVector(`testnet/mnlistdiff/${file}`));
    const applied = applyDiff(state, diff, context);
    state = applied.state;
    lists.push(applied.list);
  }
  return { state, lists };
}
