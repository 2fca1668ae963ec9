/** A byte stream to one node. Whoever opened it gets its bytes through the handlers. */
export interface Connection {
  /** Queues bytes; what is sent after the connection closed is lost, as on a wire. */
  send(bytes: Uint8Array): void;
  close(): void;
}

export interface ConnectionHandlers {
  onData(bytes: Uint8Array): void;
  /** Called once, however it ends, also after `close`. */
  onClose(reason: string): void;
}

/** How nodes are reached: through a bridge in the browser, straight over TCP in Node. */
export interface Transport {
  /**
   * @param address - HOST:PORT
   * @throws `net/connect-failed`, `net/bridge-unreachable`
   */
  connect(address: string, handlers: ConnectionHandlers): Promise<Connection>;
}

/** Time and timers, handed in so that a run can be repeated. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => globalThis.setTimeout(callback, ms),
  clearTimeout: (timer) => globalThis.clearTimeout(timer as ReturnType<typeof globalThis.setTimeout>),
};
