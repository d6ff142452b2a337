import { createHash, timingSafeEqual } from "node:crypto";
import { AuthenticationError, type InboundAnswer, type InboundHandler, isConnectorError } from "@isthmus/core";
import { toLongId } from "./long-id.js";
import { type OutboundMessage, readOutboundMessage } from "./read-outbound-message.js";

/** What a secret is: the organisation's id, a colon, and a token of 32 characters or more that nobody can guess. */
const secretPattern = /^([A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?):(.{32,})$/s;

/**
 * Outbound messages: SOAP, which a flow or workflow rule of an organisation sends.
 *
 * Salesforce signs nothing and sends no header that one could choose, and since February 2026 no session either. So the
 * endpoint's secret, `{organisation's id}:{token}`, has the token that the administrator puts into the address
 * (`…/hooks/salesforce/{endpoint}?token=…`), and the organisation that may speak here. A proxy in front, which has seen
 * Salesforce's client certificate, may send the token as `X-API-Key` instead.
 *
 * An event's `accountId` is the organisation's id, `entity` the object, `recordId` the record, and `type` the id of the
 * outbound message (`04k…`).
 */
export const outboundMessages: InboundHandler = {
  // A hundred records with their long texts.
  maxBodyBytes: 16 * 1024 * 1024,
  // Salesforce waits longer; what it takes for lost it sends again, for 24 hours.
  answerWithinMs: 10_000,
  verify(rawBody, headers, secrets, query) {
    const presented = [query?.token, headers["x-api-key"]].filter((token) => token !== undefined);
    const organizations = organizationsOf(presented, secrets);
    // The body is looked into only after the token: a stranger's XML is not read.
    if (organizations.length > 0 && speaksForOneOf(rawBody, organizations)) return;
    throw new AuthenticationError(
      "The delivery does not carry the endpoint's token, or comes from another organisation. The endpoint's secret is {organisation's id}:{token}, and its address at Salesforce ends in ?token={token}.",
    );
  },
  route(rawBody) {
    const { organizationId, actionId, notifications } = readOutboundMessage(rawBody);
    const events = notifications.map(({ id, sobject, recordId }) => ({
      id,
      accountId: organizationId,
      entity: sobject,
      recordId,
      type: actionId,
    }));
    return [...new Map(events.map((event) => [event.id, event])).values()];
  },
  acknowledge: () => acknowledged,
};

/** Anything else, and any other status, has Salesforce send the message again. */
const acknowledged: InboundAnswer = {
  status: 200,
  contentType: "text/xml; charset=utf-8",
  body: '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>',
};

/** The organisations whose token was presented. Each against each, as hashes, so that the time tells nothing. */
function organizationsOf(presented: readonly string[], secrets: readonly string[]): readonly string[] {
  const organizations: string[] = [];
  for (const secret of secrets) {
    const [, organization, token] = secretPattern.exec(secret) ?? [];
    if (organization === undefined || token === undefined) continue;
    for (const given of presented) if (isSame(given, token)) organizations.push(toLongId(organization));
  }
  return organizations;
}

/** What cannot be read is said to be so by `route`. */
function speaksForOneOf(rawBody: Buffer, organizations: readonly string[]): boolean {
  let message: OutboundMessage;
  try {
    message = readOutboundMessage(rawBody);
  } catch (error) {
    if (isConnectorError(error) && error.code === "UNEXPECTED_RESPONSE") return true;
    throw error;
  }
  return organizations.includes(message.organizationId);
}

function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
