import { type BlockHash, ZERO_HASH } from "../../../worker/wire/hashes.ts";
import type { KnownMessage } from "../../../worker/wire/message.ts";
import { headersMessage } from "../answers.ts";
import { buildMnListDiff } from "../consensus/buildMnListDiff.ts";
import { buildQRInfo } from "../consensus/buildQRInfo.ts";
import { rotatingLlmq } from "../params.ts";
import type { UnsolicitedCommand } from "./profile.ts";
import type { Truth } from "./truth.ts";

/** Headers of an unsolicited message, all of them known to whoever has any. No specific reason for 8. */
const OLD_HEADERS = 8;

/** @returns a true message that nobody asked for; undefined if there is nothing to say */
export function makeUnsolicited(command: UnsolicitedCommand, truth: Truth): KnownMessage | undefined {
  const { chain, protocolVersion } = truth;
  switch (command) {
    case "mnlistdiff": {
      // Nobody asks for the list after the first block.
      const request = { baseBlockHash: ZERO_HASH as BlockHash, blockHash: chain.hashAt(1) };
      const payload = buildMnListDiff(chain, request);
      return payload && { command, payload };
    }
    case "qrinfo": {
      const request = { baseBlockHashes: [], blockRequestHash: chain.tip.hash, extraShare: false };
      const payload = buildQRInfo(chain, request, protocolVersion, rotatingLlmq(chain.params));
      return payload && { command, payload };
    }
    case "headers": {
      const blocks = Array.from({ length: Math.min(OLD_HEADERS, chain.tipHeight) }, (_, i) =>
        chain.block(i + 1),
      );
      return headersMessage(blocks, "headers", "announcement");
    }
    case "clsig":
      return chain.bestChainLock && { command, payload: chain.bestChainLock };
  }
}
