/**
 * Whom the bridge serves and where it relays to: pure decisions, so that an open port never becomes an open proxy.
 */
import { BlockList, isIPv4 } from "node:net";
import { CloseCode } from "./protocol.ts";

/** HOST:PORT, taken apart. */
export interface Address {
  readonly kind: "ipv4" | "ipv6" | "name";
  /** As `net.connect` takes it: no brackets, lower case, IPv6 in its shortest form (RFC 5952). */
  readonly host: string;
  readonly port: number;
  /** The one spelling of this address: equal addresses have equal text. */
  readonly text: string;
}

/** Whether to serve a request; `code` and `reason` go into the close frame. */
export type Verdict<T> =
  | { readonly isAllowed: true; readonly value: T }
  | { readonly isAllowed: false; readonly code: CloseCode; readonly reason: string };

export interface CountLimits {
  /** Relays of one client address. */
  readonly relaysPerClient: number;
  /** Relays in all. */
  readonly relays: number;
}

/**
 * Addresses that no node of a public network has.
 * Source: IANA IPv4 Special-Purpose Address Registry (RFC 6890), multicast (RFC 5771), class E (RFC 1112)
 */
const NOT_PUBLIC_IPV4: readonly (readonly [net: string, prefixBits: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10], // carrier-grade NAT, RFC 6598
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24], // 6to4 relays, RFC 7526
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/**
 * What is not public inside of 2000::/3. All other IPv6 is refused: loopback, link-local, unique local, multicast, and the
 * forms that hold an IPv4 address (::ffff:0:0/96, 64:ff9b::/96), which would be a second way to write a refused one.
 * Source: IANA IPv6 Special-Purpose Address Registry
 */
const NOT_PUBLIC_IPV6: readonly (readonly [net: string, prefixBits: number])[] = [
  ["2001::", 23], // Teredo, ORCHID, benchmarks
  ["2001:db8::", 32],
  ["2002::", 16], // 6to4: holds an IPv4 address
  ["3fff::", 20], // documentation, RFC 9637
];

const notPublic = new BlockList();
for (const [net, bits] of NOT_PUBLIC_IPV4) notPublic.addSubnet(net, bits, "ipv4");
for (const [net, bits] of NOT_PUBLIC_IPV6) notPublic.addSubnet(net, bits, "ipv6");
const globalIpv6 = new BlockList();
globalIpv6.addSubnet("2000::", 3, "ipv6");
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * @param text - `1.2.3.4:9999`, `[2001:db8::1]:9999` or `node.example:9999`
 * @returns undefined if it is none of them; shorthand IPv4 such as `127.1` counts as a name
 */
export function parseAddress(text: string): Address | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+):([0-9]{1,5})$/i.exec(text);
  const host = match?.[1]?.toLowerCase();
  const port = Number(match?.[2]);
  if (host === undefined || host.length > 253 || port < 1 || port > 0xffff) return undefined;
  if (host.startsWith("[")) {
    const url = `http://${host}`;
    if (!URL.canParse(url)) return undefined;
    const { hostname } = new URL(url);
    return { kind: "ipv6", host: hostname.slice(1, -1), port, text: `${hostname}:${port}` };
  }
  return { kind: isIPv4(host) ? "ipv4" : "name", host, port, text: `${host}:${port}` };
}

/** @returns whether a node of a public network can have this IP address; never true for a name */
export function isPublicAddress({ kind, host }: Address): boolean {
  if (kind === "name") return false;
  if (kind === "ipv6" && !globalIpv6.check(host, "ipv6")) return false;
  return !notPublic.check(host, kind);
}

/**
 * @param query - the address a client asks for, as it stands in the URL
 * @param defaultPort - the network's
 * @param namedAddresses - `Address.text` of those that the operator named: allowed whatever they are
 */
export function judgeAddress(
  query: string | null,
  defaultPort: number,
  namedAddresses: ReadonlySet<string>,
): Verdict<Address> {
  const address = parseAddress(query ?? "");
  if (address === undefined) return refuse(CloseCode.badRequest, "peer is not HOST:PORT");
  if (namedAddresses.has(address.text)) return { isAllowed: true, value: address };
  if (address.kind === "name")
    return refuse(CloseCode.refused, "a host name that was not named at the start");
  if (!isPublicAddress(address)) return refuse(CloseCode.refused, "not a public address");
  if (address.port !== defaultPort) return refuse(CloseCode.refused, `not port ${defaultPort}`);
  return { isAllowed: true, value: address };
}

/**
 * A page may use the bridge that served it. Without this, every page a user visits could use the bridge on their machine.
 * A bridge on a loopback address believes only a loopback `Host`: a foreign name there is DNS rebinding (or a reverse proxy,
 * whose origin has to be allowed by name).
 * @param origin - the header; browsers always send it with a WebSocket, programs may leave it out
 * @param host - the header
 * @param boundAddress - IP address that the bridge listens on
 * @param allowedOrigins - such as `https://wallet.example`
 */
export function judgeOrigin(
  origin: string | undefined,
  host: string | undefined,
  boundAddress: string,
  allowedOrigins: readonly string[],
): Verdict<undefined> {
  const allowed: Verdict<undefined> = { isAllowed: true, value: undefined };
  if (origin === undefined) return allowed;
  if (allowedOrigins.includes(origin)) return allowed;
  const foreign = refuse(CloseCode.refused, "foreign origin");
  if (host === undefined || !URL.canParse(origin)) return foreign;
  const page = new URL(origin);
  if (page.host !== host.toLowerCase()) return foreign;
  return isLoopback(boundAddress) && !isLoopback(page.hostname) ? foreign : allowed;
}

/** @param host - a name, an IPv4 address, or an IPv6 address with or without brackets */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  if (isIPv4(host)) return loopback.check(host, "ipv4");
  const ipv6 = host.replace(/^\[|\]$/g, "");
  return ipv6.includes(":") && loopback.check(ipv6, "ipv6");
}

/** Counts are of relays at work, without the one that asks. */
export function judgeCount(ofClient: number, inAll: number, limits: CountLimits): Verdict<undefined> {
  if (ofClient >= limits.relaysPerClient) {
    return refuse(CloseCode.tooMany, `${limits.relaysPerClient} relays per client`);
  }
  if (inAll >= limits.relays) return refuse(CloseCode.tooMany, `${limits.relays} relays in all`);
  return { isAllowed: true, value: undefined };
}

function refuse(code: CloseCode, reason: string): Verdict<never> {
  return { isAllowed: false, code, reason };
}
