import { connect } from "node:net";
import { DashlightError } from "../errors.ts";
import type { Connection, ConnectionHandlers, Transport } from "../net/transport.ts";

const CONNECT_TIMEOUT_MS = 10_000;

/** Nodes straight over TCP. */
export class TcpTransport implements Transport {
  connect(address: string, handlers: ConnectionHandlers): Promise<Connection> {
    const { host, port } = splitAddress(address);
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true });
      let isOpen = false;
      let reason = "the peer closed the connection";
      // Until connected there is no other limit on how long the system tries.
      socket.setTimeout(CONNECT_TIMEOUT_MS, () => {
        if (!isOpen) socket.destroy(new Error("no answer"));
      });
      socket.once("connect", () => {
        isOpen = true;
        socket.setTimeout(0);
        resolve({
          send: (bytes) => void socket.write(bytes),
          close: () => void socket.destroy(),
        });
      });
      socket.on("data", (bytes: Buffer) => handlers.onData(new Uint8Array(bytes)));
      socket.on("error", (error) => {
        reason = error.message;
      });
      // Comes after end, error and destroy alike, and once.
      socket.once("close", () => {
        if (isOpen) handlers.onClose(reason);
        else reject(new DashlightError({ code: "net/connect-failed", address, reason }));
      });
    });
  }
}

/**
 * @param address - HOST:PORT, an IPv6 host in brackets
 * @throws `net/connect-failed` for anything else
 */
export function splitAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port >= 1 && port <= 65535)) {
    throw new DashlightError({ code: "net/connect-failed", address, reason: "not HOST:PORT" });
  }
  return { host, port };
}
