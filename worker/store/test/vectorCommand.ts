import { hasVectors, readVector } from "../../test/vectors.ts";

declare module "vitest/browser" {
  interface BrowserCommands {
    /** Runs in Node, called from a test in the browser. @returns undefined, said once, where the folder is missing */
    readVectorBase64(folder: string, file: string): Promise<string | undefined>;
  }
}

export function readVectorBase64(_context: unknown, folder: string, file: string): string | undefined {
  return hasVectors(folder) ? Buffer.from(readVector(`${folder}/${file}`)).toString("base64") : undefined;
}
