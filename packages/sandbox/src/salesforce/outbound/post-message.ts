import { organizationId } from "../ids.js";
import type { FieldDefinition, ObjectDefinition } from "../schema/definitions.js";
import { isAcknowledged, type Notification, writeMessage } from "./outbound-message.js";

/** An outbound message as a workflow rule or flow would send it. */
export interface OutboundAction {
  id: string;
  url: string;
  object: ObjectDefinition;
  fields: readonly FieldDefinition[];
  /** How often each message is sent though it was acknowledged: 1 is once. */
  copies: number;
  /** The newest first, as may happen. */
  reversed: boolean;
}

/** A notification on its way. */
export interface Delivery extends Notification {
  actionId: string;
  queuedAt: number;
  /** When it is sent, by the clock. */
  dueAt: number;
  tries: number;
}

/** How long Salesforce waits for an acknowledgement. */
const answerWithinMs = 60_000;

/** Sends one message. @returns whether it was acknowledged. */
export async function postMessage(
  action: OutboundAction,
  deliveries: readonly Delivery[],
  from: { instanceUrl: string; closing: AbortSignal },
): Promise<boolean> {
  const { object, fields, id: actionId } = action;
  const frame = { organizationId, actionId, instanceUrl: from.instanceUrl, apiVersion: 68, object, fields };
  try {
    const response = await fetch(action.url, {
      method: "POST",
      headers: { "content-type": "text/xml; charset=utf-8", soapaction: '""' },
      body: writeMessage(frame, deliveries),
      redirect: "manual",
      signal: AbortSignal.any([from.closing, AbortSignal.timeout(answerWithinMs)]),
    });
    return isAcknowledged(await response.text()) && response.status === 200;
  } catch {
    // Whatever went wrong with the endpoint, the answer is the same: try again later.
    return false;
  }
}
