import type { Connection, ConnectionHandlers, Transport } from "../../net/transport.ts";
import { TcpTransport } from "../tcpTransport.ts";

/** TCP, and at which addresses nobody listened: a closed door does not see who comes. */
export class CountingTransport implements Transport {
  /** Attempts that failed, by address. */
  readonly refused = new Map<string, number>();
  readonly #transport = new TcpTransport();

  async connect(address: string, handlers: ConnectionHandlers): Promise<Connection> {
    try {
      return await this.#transport.connect(address, handlers);
    } catch (error) {
      this.refused.set(address, (this.refused.get(address) ?? 0) + 1);
      throw error;
    }
  }
}
