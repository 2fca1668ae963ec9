import type { BenchRow } from "../measure.ts";

/** What the worker sends: its rows, or why there are none. */
export type BenchOutcome = { readonly rows: readonly BenchRow[] } | { readonly error: string };

// The page only starts the worker, as the app does; browserMain.ts waits for `outcome`.
const worker = new Worker(new URL("./benchWorker.ts", import.meta.url), { type: "module", name: "bench" });
worker.onmessage = ({ data }: MessageEvent<BenchOutcome>) => Reflect.set(globalThis, "outcome", data);
worker.onerror = ({ message }) => Reflect.set(globalThis, "outcome", { error: message });
