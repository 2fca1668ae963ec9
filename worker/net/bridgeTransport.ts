import { type BridgeNetwork, CloseCode, NETWORK_PATH, P2P_PATH, PEER_QUERY } from "../../bridge/protocol.ts";
import { DashlightError } from "../errors.ts";
import type { Connection, ConnectionHandlers, Transport } from "./transport.ts";

const CLOSE_REASONS: ReadonlyMap<number, string> = new Map([
  [CloseCode.peerClosed, "the peer closed the connection"],
  [CloseCode.badRequest, "the bridge did not understand the address"],
  [CloseCode.refused, "the bridge does not relay to this address"],
  [CloseCode.connectFailed, "the bridge cannot reach the peer"],
  [CloseCode.connectTimeout, "the peer did not answer the bridge"],
  [CloseCode.tooMany, "the bridge has too many connections"],
  [CloseCode.shuttingDown, "the bridge is shutting down"],
]);

/** Nodes behind a bridge: one WebSocket a peer. */
export class BridgeTransport implements Transport {
  readonly #baseUrl: string;

  /** @param baseUrl - the bridge's origin, http or https */
  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  connect(address: string, handlers: ConnectionHandlers): Promise<Connection> {
    const url = new URL(P2P_PATH, this.#baseUrl);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set(PEER_QUERY, address);
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.binaryType = "arraybuffer";
      let isOpen = false;
      socket.addEventListener("open", () => {
        isOpen = true;
        resolve({
          send(bytes) {
            if (socket.readyState === WebSocket.OPEN) socket.send(bytes.slice());
          },
          close: () => socket.close(1000),
        });
      });
      socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
        if (data instanceof ArrayBuffer) handlers.onData(new Uint8Array(data));
      });
      // An error event says nothing and is always followed by close.
      socket.addEventListener("close", ({ code }) => {
        const reason = CLOSE_REASONS.get(code) ?? "the connection to the bridge broke";
        if (isOpen) handlers.onClose(reason);
        else reject(new DashlightError({ code: "net/connect-failed", address, reason }));
      });
    });
  }
}

/**
 * Asks the bridge what it was started for.
 * @throws `net/bridge-unreachable` also for an answer that is none
 */
export async function fetchBridgeNetwork(baseUrl: string, signal: AbortSignal): Promise<BridgeNetwork> {
  let answer: unknown;
  try {
    const response = await fetch(new URL(NETWORK_PATH, baseUrl), { signal, cache: "no-store" });
    answer = response.ok ? await response.json() : undefined;
  } catch (cause) {
    throw new DashlightError({ code: "net/bridge-unreachable", url: baseUrl }, { cause });
  }
  if (!isBridgeNetwork(answer)) throw new DashlightError({ code: "net/bridge-unreachable", url: baseUrl });
  return answer;
}

/** Most addresses taken from a bridge; the rest would never be tried. */
const MAX_PEERS = 1_000;

function isBridgeNetwork(value: unknown): value is BridgeNetwork {
  if (typeof value !== "object" || value === null) return false;
  const { network, peers } = value as { network?: unknown; peers?: unknown };
  const arePeers = Array.isArray(peers) && peers.length <= MAX_PEERS;
  return typeof network === "string" && arePeers && peers.every((peer) => typeof peer === "string");
}
