import { describe, expect, it } from "vitest";
import readme from "../../README.md?raw";
import { ERROR_SENTENCES } from "../errorSentences.ts";

const codesInReadme = new Set([...readme.matchAll(/`([a-z0-9]+\/[a-z0-9-]+)`/g)].map(([, code]) => code));

describe("the README's guide to errors", () => {
  it.each(Object.keys(ERROR_SENTENCES))("names %s", (code) => {
    expect(codesInReadme.has(code)).toBe(true);
  });

  it("names no code that does not exist", () => {
    const known = new Set(Object.keys(ERROR_SENTENCES));
    const parts = new Set([...known].map((code) => code.split("/")[0]));
    const made = [...codesInReadme].filter(
      (code) => parts.has(code?.split("/")[0]) && !known.has(code ?? ""),
    );
    expect(made).toEqual([]);
  });
});
