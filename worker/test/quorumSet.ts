import type { Bls, EncodedPublicKey, SignatureCheck } from "../bls/index.ts";
import { seededRandom } from "./seededRandom.ts";

/** Quorums of one type: how many, of how many members. */
export interface QuorumKind {
  readonly count: number;
  readonly members: number;
}

/** What mainnet signs with: Platform, ChainLocks and EHF, InstantSend. Source: `params/llmq.h` of Core 23.1.2 */
export const MAINNET_QUORUMS: readonly QuorumKind[] = [
  { count: 24, members: 100 },
  { count: 8, members: 400 },
  { count: 32, members: 60 },
];
/** Masternodes that are members of these quorums on mainnet, about. */
export const MAINNET_OPERATORS = 2_300;

/** @returns the key's and the members' signature of each commitment in turn, by keys that are drawn from the seed */
export function makeQuorumSet(
  bls: Bls,
  kinds: readonly QuorumKind[],
  operatorCount: number,
  seed: number,
): SignatureCheck[] {
  const random = seededRandom(seed);
  const drawBytes = () => Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
  const drawSecret = () => {
    const secret = drawBytes();
    // Below the group order.
    secret[0] = 1 + ((secret[0] ?? 0) & 0x3f);
    return secret;
  };
  const publicKeyOf = (secret: Uint8Array): EncodedPublicKey => ({
    bytes: bls.publicKey(secret, "basic"),
    scheme: "basic",
  });
  const operators = Array.from({ length: operatorCount }, () => {
    const secret = drawSecret();
    return { secret, key: publicKeyOf(secret) };
  });
  const drawMembers = (count: number) => {
    const left = [...operators];
    return Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1)).flat();
  };
  const makeQuorum = (memberCount: number): SignatureCheck[] => {
    const [message, secret, members] = [drawBytes(), drawSecret(), drawMembers(memberCount)];
    const secrets = members.map((member) => member.secret);
    return [
      {
        scheme: "basic",
        message,
        signature: bls.sign(secret, message, "basic"),
        signer: { kind: "single", publicKey: publicKeyOf(secret) },
      },
      {
        scheme: "basic",
        message,
        signature: bls.signSecureAggregate(secrets, message, "basic"),
        signer: { kind: "secureAggregate", publicKeys: members.map(({ key }) => key) },
      },
    ];
  };
  return kinds.flatMap(({ count, members }) =>
    Array.from({ length: count }, () => makeQuorum(members)).flat(),
  );
}
