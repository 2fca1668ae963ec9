import { createServer, type Server, type Socket } from "node:net";
import type { DoorFault } from "./profile.ts";

/** While it was closed, somebody else may have taken the port: then it opens later. */
const REOPEN_MS = 100;

/** A node's port: open, closed for a while, or one behind which nobody talks. */
export class Door {
  readonly #onSocket: (socket: Socket) => void;
  readonly #onStrike: (fault: "resets" | "restart") => void;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #host = "";
  #port = 0;
  #isResetting = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param onStrike - a connection is reset, or ends with the node */
  constructor(onSocket: (socket: Socket) => void, onStrike: (fault: "resets" | "restart") => void) {
    this.#onSocket = onSocket;
    this.#onStrike = onStrike;
  }

  /** @param port - 0: any that is free @returns HOST:PORT */
  listen(host: string, port: number): Promise<string> {
    const server = this.#makeServer();
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        const address = server.address();
        if (address === null || typeof address === "string") return reject(new Error("not a TCP address"));
        this.#host = address.address;
        this.#port = address.port;
        resolve(`${address.address}:${address.port}`);
      });
    });
  }

  /** @param fault - takes the place of the one before; undefined opens the door */
  set(fault: DoorFault | undefined): void {
    clearTimeout(this.#timer);
    this.#isResetting = fault?.kind === "resets";
    if (fault === undefined || this.#isResetting) this.#open();
    else this.#shut();
    if (fault?.kind === "restart") this.#restart();
    if (fault?.forMs !== undefined) this.#after(fault.forMs, () => this.set(undefined));
  }

  /** Ends all connections. Resolves when the port is free. */
  close(): Promise<void> {
    clearTimeout(this.#timer);
    const server = this.#shut();
    this.#dropAll();
    if (server === undefined) return Promise.resolve();
    return new Promise((resolve) => server.once("close", () => resolve()));
  }

  #open(): void {
    if (this.#server !== undefined) return;
    const server = this.#makeServer();
    server.on("error", () => {
      this.#server = undefined;
      this.#after(REOPEN_MS, () => this.#open());
    });
    server.listen(this.#port, this.#host);
  }

  /** @returns what was open */
  #shut(): Server | undefined {
    const server = this.#server;
    this.#server = undefined;
    return server?.close();
  }

  #makeServer(): Server {
    this.#server = createServer((socket) => this.#admit(socket));
    return this.#server;
  }

  #admit(socket: Socket): void {
    if (this.#isResetting) {
      this.#onStrike("resets");
      socket.resetAndDestroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    this.#onSocket(socket);
  }

  #restart(): void {
    for (let i = 0; i < this.#sockets.size; i++) this.#onStrike("restart");
    this.#dropAll();
  }

  #dropAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #after(ms: number, run: () => void): void {
    this.#timer = setTimeout(run, ms).unref();
  }
}
