import { createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { isDashlightError } from "../../errors.ts";
import { until } from "../../test/until.ts";
import { splitAddress, TcpTransport } from "../tcpTransport.ts";
import { NOBODY } from "./replays.ts";

/** A TCP server and the sockets it got. */
async function listen(host = "127.0.0.1"): Promise<{ address: string; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return { address: host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`, sockets };
}

describe("a TCP connection", () => {
  it("passes bytes both ways and closes once", async () => {
    const { address, sockets } = await listen();
    const received: number[] = [];
    const closed: string[] = [];
    const connection = await new TcpTransport().connect(address, {
      onData: (bytes) => received.push(...bytes),
      onClose: (reason) => closed.push(reason),
    });
    const echoed: number[] = [];
    await until(() => sockets.length === 1, "accepted");
    sockets[0]?.on("data", (bytes) => echoed.push(...bytes));
    sockets[0]?.write(Uint8Array.of(1, 2, 3));
    connection.send(Uint8Array.of(4, 5));
    await until(() => received.length === 3 && echoed.length === 2, "bytes");
    expect([received, echoed]).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    connection.close();
    connection.close();
    await until(() => closed.length > 0, "closed");
    connection.send(Uint8Array.of(6));
    expect(closed).toEqual(["the peer closed the connection"]);
  });

  it("says that the peer closed it", async () => {
    const { address, sockets } = await listen();
    const closed: string[] = [];
    const handlers = { onData: () => {}, onClose: (reason: string) => closed.push(reason) };
    await new TcpTransport().connect(address, handlers);
    await until(() => sockets.length === 1, "accepted");
    sockets[0]?.end();
    await until(() => closed.length === 1, "closed");
    expect(closed).toEqual(["the peer closed the connection"]);
  });

  it("says that it broke", async () => {
    const { address, sockets } = await listen();
    const closed: string[] = [];
    const handlers = { onData: () => {}, onClose: (reason: string) => closed.push(reason) };
    await new TcpTransport().connect(address, handlers);
    await until(() => sockets.length === 1, "accepted");
    sockets[0]?.resetAndDestroy();
    await until(() => closed.length === 1, "closed");
    expect(closed[0]).toContain("ECONNRESET");
  });

  it("fails where nobody listens, with the reason", async () => {
    const outcome = new TcpTransport().connect(NOBODY.address, { onData: () => {}, onClose: () => {} });
    await expect(outcome).rejects.toMatchObject({
      facts: { code: "net/connect-failed", reason: expect.stringContaining("ECONNREFUSED") },
    });
  });
});

describe("an address", () => {
  it.each([
    ["192.0.2.1:9999", { host: "192.0.2.1", port: 9999 }],
    ["node.example:1", { host: "node.example", port: 1 }],
    ["[2001:db8::1]:65535", { host: "2001:db8::1", port: 65535 }],
  ])("%s is a host and a port", (address, expected) => {
    expect(splitAddress(address)).toEqual(expected);
  });

  it.each([
    "",
    "192.0.2.1",
    "192.0.2.1:",
    ":9999",
    "192.0.2.1:0",
    "192.0.2.1:65536",
    "a:b",
    "::1:9999",
    "[::1]",
    "[]:1",
  ])("%j is none", (address) => {
    let thrown: unknown;
    try {
      splitAddress(address);
    } catch (error) {
      thrown = error;
    }
    expect(isDashlightError(thrown, "net/connect-failed") && thrown.facts).toEqual({
      code: "net/connect-failed",
      address,
      reason: "not HOST:PORT",
    });
  });
});
