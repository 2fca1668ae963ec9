import type { Socket } from "node:net";
import type { ChainLock } from "../../worker/wire/locks.ts";
import type { X11 } from "../../worker/x11/index.ts";
import type { SimBlock } from "./block.ts";
import type { PendingPayment, SimChain } from "./chain.ts";
import type { NetworkClock } from "./clock.ts";
import { Connection } from "./connection.ts";
import type { Dice } from "./dice.ts";
import { Door } from "./faults/door.ts";
import { NodeFaults } from "./faults/nodeFaults.ts";
import { makeOwnChain } from "./faults/ownChain.ts";
import type { NodeProfile } from "./faults/profile.ts";
import { Session, type SessionContext } from "./session.ts";

export interface SimNodeOptions {
  /** The network's. */
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
  readonly #door: Door;
  readonly #faults: NodeFaults;
  readonly #sessions = new Map<Connection, Session>();
  #ownChain: SimChain | undefined;
  #nonces = 0;

  constructor(options: SimNodeOptions) {
    this.#options = options;
    const faults = new NodeFaults(options.dice, options.x11);
    this.#faults = faults;
    this.#door = new Door(
      (socket) => this.#accept(socket),
      (fault) => faults.strikes.add(fault),
    );
  }

  /** The network's, or the node's own. */
  get chain(): SimChain {
    return this.#ownChain ?? this.#options.chain;
  }

  /** How often each fault of its profiles struck; 0: one that is not left to chance, but never could. */
  get strikes(): Readonly<Record<string, number>> {
    return this.#faults.strikes.counts;
  }

  /** @param port - 0: any that is free @returns HOST:PORT */
  listen(host: string, port: number): Promise<string> {
    return this.#door.listen(host, port);
  }

  /**
   * Parts of the profile that are the same objects as before go on as they are: only others begin anew.
   * @param profile - takes the place of the one before; undefined heals
   * @throws RangeError for a chain that cannot be
   */
  hurt(profile: NodeProfile = {}): void {
    const before = this.#faults.profile;
    const chainBefore = this.chain;
    if (profile.chain !== before.chain) this.#ownChain = this.#makeOwnChain(profile);
    this.#faults.profile = profile;
    if (profile.door !== before.door) this.#setDoor(profile);
    for (const connection of this.#sessions.keys()) connection.refresh();
    if (this.chain !== chainBefore) this.#announceChain(chainBefore);
  }

  /** Of the network, as all that follow: a node with a chain of its own hears nothing of them. */
  announceBlocks(blocks: readonly [SimBlock, ...SimBlock[]]): void {
    if (this.#ownChain !== undefined) return;
    for (const session of this.#sessions.values()) session.announceBlocks(blocks);
  }

  announceChainLock(lock: ChainLock): void {
    if (this.#ownChain !== undefined) return;
    for (const session of this.#sessions.values()) session.announceChainLock(lock);
  }

  announcePayment(payment: PendingPayment): void {
    if (this.#ownChain !== undefined) return;
    for (const session of this.#sessions.values()) session.announcePayment(payment);
  }

  /** Drops all connections; new ones are accepted. */
  disconnectAll(reason = "by the node"): void {
    for (const connection of [...this.#sessions.keys()]) connection.destroy(reason);
  }

  close(): Promise<void> {
    this.disconnectAll("the node ends");
    return this.#door.close();
  }

  #accept(socket: Socket): void {
    const connection: Connection = new Connection(socket, this.#options.chain.params.magic, this.#faults, {
      onFrame: (frame) => session.receive(frame),
      onClose: (reason) => {
        this.#options.log(`${connection.address} disconnected: ${reason}`);
        session.close();
        this.#sessions.delete(connection);
      },
    });
    const chain = () => this.chain;
    const context: SessionContext = {
      get chain() {
        return chain();
      },
      clock: this.#options.clock,
      faults: this.#faults,
      nextNonce: () => this.#nextNonce(),
      log: this.#options.log,
    };
    const session = new Session(context, connection);
    this.#sessions.set(connection, session);
    this.#options.log(`${connection.address} connected`);
  }

  #setDoor({ door }: NodeProfile): void {
    if (door?.kind === "restart") this.disconnectAll("the node restarts");
    this.#door.set(door);
  }

  #makeOwnChain({ chain }: NodeProfile): SimChain | undefined {
    return chain && makeOwnChain(this.#options.chain, chain, this.#options.name);
  }

  /** The node has switched to another chain: what that has more is news. */
  #announceChain(before: SimChain): void {
    const { chain } = this;
    const [first, ...rest] = blocksAbove(chain, before);
    const lock = this.#ownChain === undefined ? chain.bestChainLock : undefined;
    for (const session of this.#sessions.values()) {
      if (first !== undefined) session.announceBlocks([first, ...rest]);
      if (lock !== undefined) session.announceChainLock(lock);
    }
  }

  #nextNonce(): bigint {
    const bytes = this.#options.dice.bytes("nonce", this.#nonces++);
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  }
}

/** @returns the blocks of a chain that another does not have, ascending */
function blocksAbove(chain: SimChain, other: SimChain): SimBlock[] {
  const blocks: SimBlock[] = [];
  for (let height = chain.tipHeight; other.heightOf(chain.hashAt(height)) === undefined; height--) {
    blocks.unshift(chain.block(height));
  }
  return blocks;
}
