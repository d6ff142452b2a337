import type { ConnectorError } from "./connector-error.js";

/** Shorter texts are words that stand in sentences by themselves. */
const shortest = 6;
/** How much of a secret at the end of a text that was cut is still one. */
const shortestBeginning = 8;
/** Tokens that are remembered: an answer may come after the token was renewed. */
const mostTokens = 4;
const maximumDepth = 6;
const concealed = "[redacted]";

/** Fields of credentials that name somebody and prove nothing. */
const names = /^(?:client_?id|user(?:_?name)?|subject|key_?id|\w*certificate)$/i;

/**
 * The secrets of one connector, and what takes them out of words that come from outside: a vendor may quote in any way what it
 * was sent, and a library throws whatever it holds. `redactText` knows what a credential usually looks like; this knows the
 * credentials themselves.
 */
export class KnownSecrets {
  readonly #forms: readonly string[];
  #tokens: readonly (readonly string[])[] = [];

  /** @param credentials - As a scheme's schema has them. Every text in them is a secret but names and certificates. */
  constructor(credentials: unknown) {
    this.#forms = collect(credentials).flatMap(formsOf);
  }

  /** Adds one that came later: an access token. */
  add(token: string): void {
    if (this.#tokens.some(([value]) => value === token)) return;
    this.#tokens = [formsOf(token), ...this.#tokens].slice(0, mostTokens);
  }

  /** The text without them, in whatever form they stand in it. */
  conceal(text: string): string {
    // The longest first: one may be a part of another.
    const forms = [...this.#forms, ...this.#tokens.flat()].toSorted((left, right) => right.length - left.length);
    return forms.reduce((result, form) => concealEnd(result.replaceAll(form, concealed), form), text);
  }

  /** Takes them out of the words of an error, of its causes, and of what the vendor said. Changes the error itself. */
  concealError<Failure extends ConnectorError>(error: Failure): Failure {
    this.#concealFields(error, 0);
    return error;
  }

  #concealFields(holder: object, depth: number): void {
    // Own fields, hidden ones too: message, stack and cause are.
    for (const key of Object.getOwnPropertyNames(holder)) {
      const value: unknown = Reflect.get(holder, key);
      if (typeof value === "string") {
        const clean = this.conceal(value);
        if (clean !== value) Reflect.set(holder, key, clean);
      } else if (typeof value === "object" && value !== null && depth < maximumDepth) {
        this.#concealFields(value, depth + 1);
      }
    }
  }
}

/** A text that was cut to fit may end with the beginning of a secret. */
function concealEnd(text: string, form: string): string {
  const end = text.endsWith("…") ? text.length - 1 : text.length;
  for (let length = Math.min(form.length - 1, end); length >= shortestBeginning; length -= 1) {
    if (text.startsWith(form.slice(0, length), end - length)) {
      return `${text.slice(0, end - length)}${concealed}${text.slice(end)}`;
    }
  }
  return text;
}

function collect(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (names.test(name) ? [] : collect(inner)));
}

/** A secret as it is, and as libraries, gateways and pages write it. */
function formsOf(secret: string): string[] {
  // A key in PEM has lines, of which each is enough.
  const parts = secret.includes("-----BEGIN") ? secret.split(/\s+/).filter((line) => /^[\w+/=]{32,}$/.test(line)) : [];
  return [secret, ...parts].filter((part) => part.length >= shortest).flatMap(formsOfPart);
}

function formsOfPart(part: string): string[] {
  const bytes = Buffer.from(part);
  const escaped = JSON.stringify(part).slice(1, -1);
  const html = part.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const quoted = html.replaceAll('"', "&quot;");
  const encoded = encodeURIComponent(part.toWellFormed());
  // Within a longer text, such as `user:password`, base64 depends on where the secret begins.
  const base64 = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replaceAll("=", "");
    return whole.slice(shift === 0 ? 0 : shift + 1, (shift + bytes.length) % 3 === 0 ? undefined : -1);
  });
  const base64url = base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  const hex = bytes.toString("hex");
  const all = [part, escaped, html, quoted, quoted.replaceAll("'", "&#39;"), encoded, encoded.replaceAll("%20", "+")];
  return [...new Set([...all, ...base64, ...base64url, hex, hex.toUpperCase()])].filter(
    (form) => form.length >= shortest,
  );
}
