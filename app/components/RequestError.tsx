import type { SyncRequestError } from "../../worker/api.ts";
import { asSentence, ERROR_SENTENCES } from "../errorSentences.ts";

/** Why a request was in vain; with its code for whoever looks it up. */
export function RequestError({ error }: { error: SyncRequestError }) {
  if ("reason" in error) return <p className="field-error">{asSentence(error.reason)}</p>;
  return (
    <p className="field-error">
      {ERROR_SENTENCES[error.code]} <code>{error.code}</code>
    </p>
  );
}
