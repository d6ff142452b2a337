/** Shorter secrets would be found everywhere by chance. In characters. */
const shortestSecret = 6;

/** How secrets are commonly written when they leak: as they are, or encoded by HTTP, URLs, JSON and hex dumps. */
export type SecretEncoding = "plain" | "base64" | "base64url" | "url" | "json" | "hex";

/** A secret that stands in a text. */
export interface SecretSighting {
  readonly secret: string;
  readonly encoding: SecretEncoding;
  /** Where the encoded secret begins and how long it is, in characters of the text. */
  readonly index: number;
  readonly length: number;
}

/**
 * Looks for secrets in a text, in every {@link SecretEncoding}. A secret that was encoded together with what stood
 * before it, as in `Basic base64(id:secret)`, is found too.
 *
 * @throws {RangeError} for a secret shorter than 6 characters.
 */
export function findSecrets(text: string, secrets: Iterable<string>): SecretSighting[] {
  const lowerCaseText = text.toLowerCase();
  return [...new Set(secrets)].flatMap((secret) =>
    encodingsOf(secret).flatMap(({ encoding, form }) => {
      const index = (encoding === "hex" ? lowerCaseText : text).indexOf(form);
      return index < 0 ? [] : [{ secret, encoding, index, length: form.length }];
    }),
  );
}

function encodingsOf(secret: string): { encoding: SecretEncoding; form: string }[] {
  if (secret.length < shortestSecret) {
    throw new RangeError(
      `A secret of the stand-in has ${secret.length} characters. Give it ${shortestSecret} or more.`,
    );
  }
  const urlForm = encodeURIComponent(secret);
  const forms: { encoding: SecretEncoding; form: string }[] = [
    { encoding: "plain", form: secret },
    { encoding: "url", form: urlForm },
    { encoding: "url", form: urlForm.replaceAll("%20", "+") },
    { encoding: "url", form: urlForm.replace(/%[0-9A-F]{2}/g, (sequence) => sequence.toLowerCase()) },
    { encoding: "json", form: JSON.stringify(secret).slice(1, -1) },
    { encoding: "hex", form: Buffer.from(secret).toString("hex") },
    ...base64Forms(secret, "base64"),
    ...base64Forms(secret, "base64url"),
  ];
  const seen = new Set<string>();
  return forms.filter(({ form }) => !seen.has(form) && seen.add(form));
}

/** Base64 writes three bytes as four characters, so what a secret looks like depends on how many bytes stood before it. */
function base64Forms(secret: string, encoding: "base64" | "base64url"): { encoding: SecretEncoding; form: string }[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString(encoding)
      .replaceAll("=", "");
    // The characters at both ends depend on the neighbours as well; only those between them are the secret's own.
    const start = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    return { encoding, form: encoded.slice(start, end) };
  });
}
