import { redactText } from "@isthmus/core";

/** Texts that may stand nowhere but in a request: credentials, as they are and as an API might quote them. */
export class Secrets {
  readonly #values = new Set<string>();

  /** @param credentials - Every text in them counts as one; what is short enough to be a word does not. */
  constructor(credentials: object) {
    for (const value of Object.values(credentials)) if (typeof value === "string") this.add(value);
  }

  /** Adds one that came later, such as an access token; the last few dozen are kept. */
  add(value: string): void {
    if (value.length < 4 || this.#values.has(value)) return;
    const forms = [value, encodeURIComponent(value.toWellFormed()), JSON.stringify(value).slice(1, -1)];
    for (const form of forms) this.#values.add(form);
    for (const oldest of this.#values) {
      if (this.#values.size <= 120) return;
      this.#values.delete(oldest);
    }
  }

  /** An API's words without secrets, on one line of 200 characters at most. */
  redact(text: string): string {
    let clean = text.slice(0, 4_000);
    for (const value of this.#values) clean = clean.replaceAll(value, "[redacted]");
    // Line breaks of the API must not look like ours.
    return redactText(clean.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ")).slice(0, 200);
  }
}
