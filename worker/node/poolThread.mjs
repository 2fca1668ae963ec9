// The entry of a thread of the pool under Node, which knows no TypeScript by itself.
import { register } from "tsx/esm/api";

register();
await import("./poolThread.ts");
