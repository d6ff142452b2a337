import type { FieldDefinition, ObjectDefinition, OutputValue, Row } from "../schema/definitions.js";
import { readField } from "../schema/schema.js";

/** One notification of a message: a record, as it is when the message is sent. */
export interface Notification {
  /** The same for every try, and for no other notification. */
  id: string;
  row: Row;
}

/** What every notification of a message has in common. */
export interface MessageFrame {
  organizationId: string;
  actionId: string;
  /** The base URL of the instance. */
  instanceUrl: string;
  apiVersion: number;
  object: ObjectDefinition;
  fields: readonly FieldDefinition[];
}

/**
 * Writes the SOAP message. There is no session id in it: Salesforce stopped sending one in February 2026.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_notifications.htm
 */
export function writeMessage(frame: MessageFrame, notifications: readonly Notification[]): string {
  const { organizationId, actionId, instanceUrl, apiVersion } = frame;
  const soap = `${instanceUrl}/services/Soap`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>${organizationId}</OrganizationId>
   <ActionId>${actionId}</ActionId>
   <SessionId xsi:nil="true"/>
   <EnterpriseUrl>${escapeXml(`${soap}/c/${apiVersion}.0/${organizationId.slice(0, 15)}`)}</EnterpriseUrl>
   <PartnerUrl>${escapeXml(`${soap}/u/${apiVersion}.0/${organizationId.slice(0, 15)}`)}</PartnerUrl>
${notifications.map((notification) => writeNotification(frame, notification)).join("\n")}
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>`;
}

/** Whether the answer to a message says that all of it was taken. */
export function isAcknowledged(answer: string): boolean {
  return /<(?:[\w.-]+:)?Ack(?:\s[^>]*)?>\s*true\s*<\/(?:[\w.-]+:)?Ack>/.test(answer);
}

function writeNotification({ object, fields }: MessageFrame, { id, row }: Notification): string {
  // Of a record that was deleted meanwhile nothing is told any more.
  const lines = row.IsDeleted === true ? [] : fields.flatMap((field) => writeField(field, readField(row, field)));
  return `   <Notification>
    <Id>${id}</Id>
    <sObject xsi:type="sf:${object.name}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
${lines.join("\n")}
    </sObject>
   </Notification>`;
}

/** A field without a value is left out. */
function writeField(field: FieldDefinition, value: OutputValue): string[] {
  if (value === null || typeof value === "object") return [];
  const text = field.type === "datetime" ? String(value).replace("+0000", "Z") : String(value);
  return [`     <sf:${field.name}>${escapeXml(text)}</sf:${field.name}>`];
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
