import { ConnectorError, childrenOf, findChild, readXml, type XmlElement } from "@isthmus/core";
import { recordIdPattern, sobjectPattern } from "../names.js";
import { toLongId } from "./long-id.js";

/** One notification: a record as it was when Salesforce sent it. */
export interface OutboundNotification {
  /** The same for every try to send it. */
  readonly id: string;
  /** API name of the object. */
  readonly sobject: string;
  /** Id of the record, 18 characters. */
  readonly recordId: string;
  /** The fields that the message has, as text; `null` where one is said to be empty. */
  readonly fields: Readonly<Record<string, string | null>>;
}

/** A message of Salesforce's. */
export interface OutboundMessage {
  /** Id of the organisation, 18 characters. */
  readonly organizationId: string;
  /** Id of the outbound message as it is set up in the organisation. */
  readonly actionId: string;
  /** Up to 100, in no order that means anything. */
  readonly notifications: readonly OutboundNotification[];
}

const envelopeNamespace = "http://schemas.xmlsoap.org/soap/envelope/";
const outboundNamespace = "http://soap.sforce.com/2005/09/outbound";
/** An object has up to 800 fields, a message up to 100 notifications. */
const limits = { maxBytes: 16 * 1024 * 1024, maxDepth: 16, maxElements: 200_000 };

/**
 * Reads an outbound message. It proves nothing of who sent it: see `outboundMessages`.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is none.
 * @see https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_notifications.htm
 */
export function readOutboundMessage(document: Uint8Array): OutboundMessage {
  const notifications = findNotifications(parse(document));
  if (notifications === undefined) throw unreadable("It has no notifications");
  const found = childrenOf(notifications, "Notification").map(readNotification);
  if (found.length === 0) throw unreadable("It has no notification");
  return {
    organizationId: toLongId(readId(notifications, "OrganizationId")),
    actionId: readId(notifications, "ActionId"),
    notifications: found,
  };
}

function parse(document: Uint8Array): XmlElement {
  try {
    return readXml(document, limits);
  } catch (error) {
    // Too large is as good as unreadable: Salesforce's own are neither.
    throw unreadable("It is no XML that is read here", error);
  }
}

function findNotifications(root: XmlElement): XmlElement | undefined {
  if (root.name !== "Envelope" || root.namespace !== envelopeNamespace) return undefined;
  const body = findChild(root, "Body");
  return body?.children.find(({ name, namespace }) => name === "notifications" && namespace === outboundNamespace);
}

function readNotification(notification: XmlElement): OutboundNotification {
  const record = findChild(notification, "sObject");
  // `sf:Account`: the prefix is the document's own.
  const sobject = record?.attributes.get("type")?.split(":").at(-1) ?? "";
  if (record === undefined || !sobjectPattern.test(sobject)) throw unreadable("A notification has no sObject");
  const fields = record.children.map((field): [string, string | null] => [
    field.name,
    field.attributes.get("nil") === "true" ? null : field.text,
  ]);
  return {
    id: readId(notification, "Id"),
    sobject,
    recordId: toLongId(readId(record, "Id")),
    fields: Object.fromEntries(fields),
  };
}

function readId(parent: XmlElement, name: string): string {
  const id = findChild(parent, name)?.text.trim() ?? "";
  if (recordIdPattern.test(id)) return id;
  throw unreadable(`It has no ${name} where one belongs`);
}

function unreadable(problem: string, cause?: unknown): ConnectorError {
  return new ConnectorError("UNEXPECTED_RESPONSE", `The delivery is no outbound message. ${problem}.`, { cause });
}
