/** Shorter secrets would be found everywhere by chance. In characters. */
const shortestSecret = 6;

/** How secrets are commonly written when they leak: as they are, or encoded by HTTP, URLs, JSON and hex dumps. */
export type SecretEncoding = "plain" | "base64" | "base64url" | "url" | "json" | "hex";

/** A secret that stands in a text. */
export interface SecretSighting {
  /** The secret itself. */
  readonly secret: string;
  /** How it was written. */
  readonly encoding: SecretEncoding;
  /** What stands before and after it, with `[…]` in its place. */
  readonly context: string;
}

/** A text as somebody may read it, and how a secret looks there. */
interface Reading {
  readonly encoding: SecretEncoding;
  readonly text: string;
  formsOf(secret: string): readonly string[];
}

/**
 * Looks for secrets in a text, in every {@link SecretEncoding}. A secret that was encoded together with what stood
 * before it, as in `Basic base64(id:secret)`, is found too.
 *
 * @throws {RangeError} for a secret shorter than 6 characters.
 */
export function findSecrets(text: string, secrets: Iterable<string>): SecretSighting[] {
  const readings = readingsOf(text);
  return [...new Set(secrets)].flatMap((secret) => {
    if (secret.length < shortestSecret) {
      throw new RangeError(`A secret has ${secret.length} characters. Give it ${shortestSecret} or more.`);
    }
    const sightings = readings.flatMap((reading) => sightingIn(reading, secret) ?? []);
    // What is found as it is, is found in the decoded readings as well.
    const isPlain = sightings.some(({ encoding }) => encoding === "plain");
    return isPlain ? sightings.filter(({ encoding }) => encoding !== "url" && encoding !== "json") : sightings;
  });
}

function readingsOf(text: string): Reading[] {
  const asItIs = (secret: string) => [secret];
  return [
    { encoding: "plain", text, formsOf: asItIs },
    // Decoding the text finds every style of percent-encoding: URLs, forms and libraries escape different characters.
    { encoding: "url", text: percentDecoded(text), formsOf: asItIs },
    { encoding: "url", text: percentDecoded(text.replaceAll("+", " ")), formsOf: asItIs },
    { encoding: "json", text, formsOf: (secret) => [JSON.stringify(secret).slice(1, -1)] },
    { encoding: "hex", text: text.toLowerCase(), formsOf: (secret) => [Buffer.from(secret).toString("hex")] },
    { encoding: "base64", text, formsOf: (secret) => base64Forms(secret, "base64") },
    { encoding: "base64url", text, formsOf: (secret) => base64Forms(secret, "base64url") },
  ];
}

function sightingIn({ encoding, text, formsOf }: Reading, secret: string): SecretSighting | undefined {
  for (const form of formsOf(secret)) {
    const index = text.indexOf(form);
    if (index < 0) continue;
    const end = index + form.length;
    return {
      secret,
      encoding,
      context: `${text.slice(Math.max(0, index - 80), index)}[…]${text.slice(end, end + 20)}`,
    };
  }
  return undefined;
}

function percentDecoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll("%", ""), "hex").toString());
}

/** Base64 writes three bytes as four characters, so what a secret looks like depends on how many bytes stood before it. */
function base64Forms(secret: string, encoding: "base64" | "base64url"): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString(encoding);
    // The characters at both ends depend on the neighbours as well; only those between them are the secret's own.
    return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  });
}
