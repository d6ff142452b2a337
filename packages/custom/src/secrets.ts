import { redactText } from "@isthmus/core";

/** Texts that may stand nowhere but in a request: credentials, as they are and as an API might quote them. */
export class Secrets {
  readonly #credentials: readonly string[];
  #tokens: readonly string[] = [];

  /** @param credentials - Every text in them counts as one; what is short enough to be a word does not. */
  constructor(credentials: object) {
    this.#credentials = Object.values(credentials).flatMap((value) =>
      typeof value === "string" ? formsOf(value) : [],
    );
  }

  /** Adds one that came later, such as an access token. The last few are kept: an answer may be late. */
  add(value: string): void {
    if (this.#tokens.includes(value)) return;
    const forms = formsOf(value).filter((form) => !this.#tokens.includes(form));
    if (forms.length > 0) this.#tokens = [...forms, ...this.#tokens].slice(0, 12);
  }

  /** An API's words without secrets, on one line of 200 characters at most. */
  redact(text: string): string {
    // The longest first: one may be a part of another.
    const values = [...this.#credentials, ...this.#tokens].toSorted((left, right) => right.length - left.length);
    // Longer than any credential in any of its forms: one that was cut in two would not be recognised.
    let clean = text.slice(0, 80_000);
    for (const value of values) clean = clean.replaceAll(value, "[redacted]");
    // Line breaks of the API must not look like ours.
    return redactText(clean.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ")).slice(0, 200);
  }
}

function formsOf(value: string): string[] {
  if (value.length < 4) return [];
  const bytes = Buffer.from(value);
  const escaped = JSON.stringify(value).slice(1, -1);
  const base64 = bytes.toString("base64");
  return [...new Set([value, encodeURIComponent(value.toWellFormed()), escaped, base64, bytes.toString("base64url")])];
}
