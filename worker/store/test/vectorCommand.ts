import { readVector } from "../../test/vectors.ts";

declare module "vitest/browser" {
  interface BrowserCommands {
    /** A recording, read in Node for a test in the browser. */
    readVectorBase64(path: string): Promise<string>;
  }
}

export function readVectorBase64(_context: unknown, path: string): string {
  return Buffer.from(readVector(path)).toString("base64");
}
