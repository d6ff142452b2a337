import { createHash, timingSafeEqual } from "node:crypto";
import {
  AuthenticationError,
  ConnectorError,
  type InboundAnswer,
  type InboundEvent,
  type InboundHandler,
} from "@isthmus/core";
import type { IdocControl } from "../control-record.js";
import type { Idoc } from "../idoc.js";
import { parseIdocs } from "../parse-idoc.js";

/**
 * IDocs that SAP posts to an HTTP port (transactions SM59 and WE21).
 *
 * A secret is what the HTTP destination sends: `user:password` for a logon with user and password, or a token for
 * `Authorization: Bearer` or the header `X-API-Key`.
 *
 * An event's `accountId` is `{system id}/{client}`: the id from `SNDPOR`, which a system fills with `SAP` and its id, and the
 * client from `MANDT`. `entity` is the message type, `type` the basic type and its extension, `recordId` the IDoc's number.
 */
export const idocInbound: InboundHandler = {
  // A port may collect many IDocs into one document.
  maxBodyBytes: 16 * 1024 * 1024,
  // `icm/HTTP/client/timeout` and its like are a minute or more.
  answerWithinMs: 30_000,
  verify(_rawBody, headers, secrets) {
    const presented = presentedCredentials(headers);
    let genuine = false;
    // Each against each, as hashes, so that the time tells neither which one fits nor how far.
    for (const secret of secrets) {
      if (secret === "") continue;
      for (const expected of [Buffer.from(secret, "utf8"), Buffer.from(secret, "latin1")]) {
        for (const given of presented) genuine = isSame(given, expected) || genuine;
      }
    }
    if (genuine) return;
    throw new AuthenticationError(
      "The delivery does not carry the credentials of this endpoint. Give the HTTP destination in SM59 the endpoint's user and password, or its token.",
    );
  },
  route(rawBody) {
    const events = parseIdocs(rawBody).map(toEvent);
    return [...new Map(events.map((event) => [event.id, event])).values()];
  },
  acknowledge: () => acceptedAnswer,
};

/** What SAP's own handler answers when it stored everything. A system that sends looks at the status alone. */
const acceptedAnswer: InboundAnswer = {
  status: 200,
  contentType: "text/html; charset=utf-8",
  body: "<html><head><title>IDoc-XML-inbound ok</title></head><body><h1>IDoc-XML-inbound ok</h1></body></html>",
};

/**
 * What makes an IDoc one and the same however often it arrives: sender, client and number, `S4HCLNT100/100/0000000000012345`.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when its control record has no number.
 */
export function toIdocId({ control }: Idoc): string {
  return [required(control, "SNDPRN"), required(control, "MANDT"), required(control, "DOCNUM").padStart(16, "0")].join(
    "/",
  );
}

/** `{system id}/{client}` of the system that sent an IDoc; a port that is not `SAP` and an id stands for itself. */
export function toSendingAccount({ control }: Idoc): string {
  const port = required(control, "SNDPOR");
  const systemId = /^SAP([A-Z][A-Z0-9]{2})$/.exec(port)?.[1] ?? port;
  return `${systemId}/${required(control, "MANDT")}`;
}

function toEvent(idoc: Idoc): InboundEvent {
  const { control } = idoc;
  const basicType = required(control, "IDOCTYP");
  const extension = control.CIMTYP?.trim();
  return {
    id: toIdocId(idoc),
    accountId: toSendingAccount(idoc),
    entity: required(control, "MESTYP"),
    recordId: required(control, "DOCNUM").padStart(16, "0"),
    type: extension ? `${basicType}/${extension}` : basicType,
  };
}

function required(control: IdocControl, field: keyof IdocControl): string {
  const value = control[field]?.trim();
  if (value) return value;
  throw new ConnectorError("UNEXPECTED_RESPONSE", `The control record of an IDoc has no ${field}.`);
}

function presentedCredentials(headers: Readonly<Record<string, string | undefined>>): readonly Buffer[] {
  const [, scheme, credentials] = /^(basic|bearer)\s+(\S+)\s*$/i.exec(headers.authorization ?? "") ?? [];
  const presented: Buffer[] = [];
  if (credentials !== undefined) presented.push(Buffer.from(credentials, isBasic(scheme) ? "base64" : "utf8"));
  const key = headers["x-api-key"];
  if (key !== undefined) presented.push(Buffer.from(key, "utf8"));
  return presented;
}

function isBasic(scheme: string | undefined): boolean {
  return scheme?.toLowerCase() === "basic";
}

function isSame(given: Buffer, expected: Buffer): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
