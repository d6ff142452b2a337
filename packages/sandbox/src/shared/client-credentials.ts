import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";

/** The parameters of a form body. */
export type FormParameters = Record<string, string | undefined>;

/** The form body of a request (or a flat JSON body); empty when there is none. */
export function formOf(request: FastifyRequest): FormParameters {
  const body = request.body;
  if (typeof body !== "object" || body === null) return {};
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** Client id and secret as HTTP Basic carries them; `undefined` without such a header, `"malformed"` without a colon. */
export function readBasicCredentials(
  request: FastifyRequest,
): { id: string; secret: string } | "malformed" | undefined {
  const encoded = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return "malformed";
  return { id: decodeFormPart(text.slice(0, colon)), secret: decodeFormPart(text.slice(colon + 1)) };
}

/** Compares secrets without telling by the time taken how much of them is right. */
export function isSameSecret(left: string, right: string): boolean {
  return timingSafeEqual(createHash("sha256").update(left).digest(), createHash("sha256").update(right).digest());
}

/** In Basic credentials each part is form-encoded first. https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
function decodeFormPart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
