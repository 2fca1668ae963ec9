import { DashlightError } from "../errors.ts";

const MAX_U32 = 0xffffffff;

/** A JSON object of unknown shape, read field by field. Every method throws `params/invalid-file` with the field's path. */
export class JsonFields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(value: unknown, path = "") {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new DashlightError({
        code: "params/invalid-file",
        field: path || "file",
        reason: "not an object",
      });
    }
    this.#values = value as Record<string, unknown>;
    this.#path = path;
  }

  fail(name: string, reason: string): never {
    throw new DashlightError({ code: "params/invalid-file", field: this.#pathOf(name), reason });
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  /** An unsigned 32-bit number unless told otherwise. */
  integer(name: string, min = 0, max = MAX_U32): number {
    const value = this.#value(name);
    if (typeof value !== "number" || !Number.isInteger(value)) return this.fail(name, "not an integer");
    if (value < min || value > max) return this.fail(name, `${value} is not in ${min}..${max}`);
    return value;
  }

  boolean(name: string): boolean {
    const value = this.#value(name);
    return typeof value === "boolean" ? value : this.fail(name, "not a boolean");
  }

  string(name: string): string {
    const value = this.#value(name);
    return typeof value === "string" ? value : this.fail(name, "not a string");
  }

  /** @returns exactly `digits` hex digits, lower case */
  hex(name: string, digits: number): string {
    const value = this.string(name).toLowerCase();
    return /^[0-9a-f]*$/.test(value) && value.length === digits
      ? value
      : this.fail(name, `not ${digits} hex digits`);
  }

  object(name: string): JsonFields {
    return new JsonFields(this.#value(name), this.#pathOf(name));
  }

  objects(name: string): JsonFields[] {
    return this.#list(name).map((value, i) => new JsonFields(value, `${this.#pathOf(name)}[${i}]`));
  }

  strings(name: string): string[] {
    return this.#list(name).map((value, i) =>
      typeof value === "string" ? value : this.fail(`${name}[${i}]`, "not a string"),
    );
  }

  #list(name: string): unknown[] {
    const value = this.#value(name);
    return Array.isArray(value) ? value : this.fail(name, "not a list");
  }

  #value(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  #pathOf(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}
