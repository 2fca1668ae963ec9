import { createServer, type Server, type Socket } from "node:net";
import type { ChainLock } from "../../worker/wire/locks.ts";
import type { Message } from "../../worker/wire/message.ts";
import type { X11 } from "../../worker/x11/index.ts";
import type { SimBlock } from "./block.ts";
import type { PendingPayment, SimChain } from "./chain.ts";
import type { NetworkClock } from "./clock.ts";
import { Connection } from "./connection.ts";
import type { Dice } from "./dice.ts";
import { tell } from "./faults/lies.ts";
import type { NodeProfile } from "./faults/profile.ts";
import { Session, type SessionContext } from "./session.ts";

export interface SimNodeOptions {
  readonly chain: SimChain;
  readonly clock: NetworkClock;
  readonly dice: Dice;
  /** Names what only this node has. */
  readonly name: string;
  readonly x11: X11;
  readonly log: (line: string) => void;
}

/** One node: a TCP port that speaks the protocol from the chain's state. */
export class SimNode {
  readonly #options: SimNodeOptions;
  readonly #server: Server;
  readonly #sessions = new Map<Connection, Session>();
  #profile: NodeProfile = {};
  #nonces = 0;

  constructor(options: SimNodeOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** @param port - 0: any that is free @returns HOST:PORT */
  listen(host: string, port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        const address = this.#server.address();
        if (address === null || typeof address === "string") return reject(new Error("not a TCP address"));
        resolve(`${address.address}:${address.port}`);
      });
    });
  }

  /** @param profile - takes the place of the one before; undefined heals */
  hurt(profile: NodeProfile | undefined): void {
    this.#profile = profile ?? {};
  }

  announceBlocks(blocks: readonly [SimBlock, ...SimBlock[]]): void {
    for (const session of this.#sessions.values()) session.announceBlocks(blocks);
  }

  announceChainLock(lock: ChainLock): void {
    for (const session of this.#sessions.values()) session.announceChainLock(lock);
  }

  announcePayment(payment: PendingPayment): void {
    for (const session of this.#sessions.values()) session.announcePayment(payment);
  }

  /** Drops all connections; new ones are accepted. */
  disconnectAll(reason = "by the node"): void {
    for (const connection of [...this.#sessions.keys()]) connection.destroy(reason);
  }

  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.disconnectAll("the node ends");
    return closed;
  }

  #accept(socket: Socket): void {
    const connection: Connection = new Connection(socket, this.#options.chain.params.magic, {
      onFrame: (frame) => session.receive(frame),
      onClose: (reason) => {
        this.#options.log(`${connection.address} disconnected: ${reason}`);
        session.close();
        this.#sessions.delete(connection);
      },
    });
    const context: SessionContext = {
      chain: this.#options.chain,
      clock: this.#options.clock,
      outgoing: (message) => this.#change(message),
      nextNonce: () => this.#nextNonce(),
      log: this.#options.log,
    };
    const session = new Session(context, connection);
    this.#sessions.set(connection, session);
    this.#options.log(`${connection.address} connected`);
  }

  #change(message: Message): Message[] {
    const { lies = [], tamper } = this.#profile;
    const told = tell(lies, message, this.#options.chain);
    return tamper === undefined ? told : told.flatMap((each) => tamper(each) ?? []);
  }

  #nextNonce(): bigint {
    const bytes = this.#options.dice.bytes("nonce", this.#nonces++);
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  }
}
