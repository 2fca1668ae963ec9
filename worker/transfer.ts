import * as Comlink from "comlink";
import { DashlightError, type ErrorFacts } from "./errors.ts";

/** What Comlink carries of a thrown value; ours also carries the facts. */
type SerializedThrow =
  | {
      readonly isError: true;
      readonly value: { message: string; name: string; stack?: string; facts?: ErrorFacts };
    }
  | { readonly isError: false; readonly value: unknown };

/**
 * Comlink's own `throw` handler keeps only `message`, `name` and `stack`. This one also keeps the code and the facts
 * of a DashlightError. Loaded on both sides of the boundary, before anything is wrapped or exposed.
 */
export function installErrorTransfer(): void {
  const plain = Comlink.transferHandlers.get("throw") as Comlink.TransferHandler<
    { value: unknown },
    SerializedThrow
  >;
  Comlink.transferHandlers.set("throw", {
    canHandle: plain.canHandle,
    serialize(thrown: { value: unknown }) {
      const [serialized, transferables] = plain.serialize(thrown);
      if (serialized.isError && thrown.value instanceof DashlightError) {
        serialized.value.facts = thrown.value.facts;
      }
      return [serialized, transferables];
    },
    deserialize(serialized: SerializedThrow) {
      if (serialized.isError && serialized.value.facts !== undefined)
        throw new DashlightError(serialized.value.facts);
      return plain.deserialize(serialized);
    },
  } as Comlink.TransferHandler<{ value: unknown }, SerializedThrow>);
}
