/**
 * The built app over HTTP. Small on purpose: no ranges, no compression, no folder listings.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

/** The page runs its own code and WebAssembly, talks to its bridge (or a user's), and nobody frames it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self' http: https: ws: wss:",
  "img-src 'self'",
  "style-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'none'",
  "object-src 'none'",
].join("; ");

/** Of every answer, also of errors. */
export function securityHeaders(forbidsWebAssembly: boolean): Readonly<Record<string, string>> {
  const policy = CONTENT_SECURITY_POLICY;
  return {
    "Content-Security-Policy": forbidsWebAssembly ? policy.replace(" 'wasm-unsafe-eval'", "") : policy,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
  };
}

/** Vite puts a digest of the content into the names of all that is in here. */
const HASHED_FOLDER = "/assets/";
const NOT_BUILT = "The app has not been built: npm run build\n";

interface StaticFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/**
 * Answers a GET or HEAD with a file below `root`; a navigation to a path that is no file gets `index.html`, as an
 * installed app may ask for one.
 * @param root - absolute path of the build's output
 * @param pathname - from the request's URL, still percent-encoded
 */
export async function serveStatic(
  root: string,
  pathname: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requested = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
  const isPage = isNavigation(request, pathname);
  const file =
    (await findFile(root, requested)) ?? (isPage ? await findFile(root, "/index.html") : undefined);
  if (file === undefined) {
    sendText(response, 404, isPage ? NOT_BUILT : "Not found\n");
    return;
  }
  const etag = `W/"${file.sizeBytes.toString(16)}-${Math.floor(file.modifiedMs).toString(16)}"`;
  response.setHeader("ETag", etag);
  const isHashed = file.path.startsWith(resolve(root, `.${HASHED_FOLDER}`) + sep);
  response.setHeader("Cache-Control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304).end();
    return;
  }
  response.setHeader("Content-Type", CONTENT_TYPES[extname(file.path)] ?? "application/octet-stream");
  response.setHeader("Content-Length", file.sizeBytes);
  if (request.method === "HEAD") {
    response.writeHead(200).end();
    return;
  }
  response.writeHead(200);
  // `end`: a file that grows while it is read must not overrun its Content-Length.
  const end = Math.max(0, file.sizeBytes - 1);
  await pipeline(createReadStream(file.path, { end }), response);
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" });
  response.end(text); // Node leaves it out after a HEAD
}

/** @returns undefined for what is not a file below `root`, however the path is written */
async function findFile(root: string, pathname: string): Promise<StaticFile | undefined> {
  const relative = decodePath(pathname);
  if (relative === undefined) return undefined;
  const path = resolve(root, `.${relative}`);
  if (!path.startsWith(root + sep)) return undefined;
  const stats = await stat(path).catch(() => undefined); // whatever the reason, it cannot be served
  return stats?.isFile() ? { path, sizeBytes: stats.size, modifiedMs: stats.mtimeMs } : undefined;
}

function decodePath(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function isNavigation(request: IncomingMessage, pathname: string): boolean {
  return !pathname.startsWith(HASHED_FOLDER) && (request.headers.accept ?? "").includes("text/html");
}
