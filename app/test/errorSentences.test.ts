import { describe, expect, it } from "vitest";
import { DashlightError } from "../../worker/errors.ts";
import { asSentence, ERROR_SENTENCES, thrownSentence } from "../errorSentences.ts";

/** The compiler keeps them complete; this keeps them good. */
describe("ERROR_SENTENCES", () => {
  it.each(Object.entries(ERROR_SENTENCES))("%s is said in one or two short sentences", (_code, sentence) => {
    expect(sentence).toMatch(/^[A-Z][^/]*\.$/);
    expect(sentence.length).toBeLessThan(130);
    expect(sentence.match(/\.(\s|$)/g)?.length).toBeLessThanOrEqual(2);
  });
});

describe("thrownSentence", () => {
  it("gives the reason of a refused setting", () => {
    const error = new DashlightError({
      code: "client/invalid-setting",
      field: "maxPeers",
      reason: "must be 1 to 8",
    });
    expect(thrownSentence(error)).toBe("Must be 1 to 8.");
  });

  it("gives the sentence of a code", () => {
    expect(thrownSentence(new DashlightError({ code: "client/no-peers" }))).toBe(
      ERROR_SENTENCES["client/no-peers"],
    );
  });

  it.each([new Error("boom"), "boom", undefined])("shows nothing of %s, which is not ours", (error) => {
    expect(thrownSentence(error)).toBe("Something unexpected went wrong. Reload the page to go on.");
  });
});

describe("asSentence", () => {
  it.each([
    ["no port", "No port."],
    ["Is it on?", "Is it on?"],
    ["Done.", "Done."],
  ])("%s becomes %s", (text, sentence) => expect(asSentence(text)).toBe(sentence));
});
