import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { AuthenticationError, ConnectorError, type InboundEvent, type InboundHandler } from "@isthmus/core";
import { z } from "zod";
import { toEntityName } from "./entities/traits.js";

/** CloudEvents: Intuit's form since 2026. One delivery may hold events of several companies. */
const cloudEventsSchema = z.array(
  z.looseObject({
    id: z.string().min(1),
    type: z.string().min(1),
    intuitentityid: z.coerce.string().optional(),
    intuitaccountid: z.coerce.string().min(1),
  }),
);

/** The form before it. */
const notificationsSchema = z.looseObject({
  eventNotifications: z.array(
    z.looseObject({
      realmId: z.coerce.string().min(1),
      dataChangeEvent: z.looseObject({
        entities: z.array(
          z.looseObject({
            name: z.string().min(1),
            id: z.coerce.string().min(1),
            operation: z.string().min(1),
            lastUpdated: z.string().optional(),
          }),
        ),
      }),
    }),
  ),
});

/**
 * Intuit's webhooks. They carry ids only: what changed is read afterwards.
 * @see https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks
 */
export const webhooks: InboundHandler = {
  verify(rawBody, headers, secrets) {
    const given = Buffer.from(headers["intuit-signature"] ?? "", "base64");
    let genuine = false;
    // All of them, so that the time does not tell which one fits.
    for (const secret of secrets) {
      if (secret === "") continue;
      const expected = createHmac("sha256", secret).update(rawBody).digest();
      const fits = given.length === expected.length && timingSafeEqual(given, expected);
      genuine = fits || genuine;
    }
    if (genuine) return;
    throw new AuthenticationError(
      "The delivery is not signed with the webhook verifier token. Give the endpoint the token that the app's page at Intuit shows.",
    );
  },
  route(rawBody) {
    const body = parse(rawBody);
    const cloudEvents = cloudEventsSchema.safeParse(body, { reportInput: false });
    if (cloudEvents.success) return withoutDoubles(cloudEvents.data.map(fromCloudEvent));
    const notifications = notificationsSchema.safeParse(body, { reportInput: false });
    if (notifications.success) return withoutDoubles(fromNotifications(notifications.data));
    throw new ConnectorError("UNEXPECTED_RESPONSE", "The delivery has neither of Intuit's forms.");
  },
  acknowledge: () => ({ status: 200 }),
};

function parse(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString("utf8"));
  } catch {
    throw new ConnectorError("UNEXPECTED_RESPONSE", "The delivery is not JSON.");
  }
}

/** `qbo.invoice.created.v1` */
function fromCloudEvent({
  id,
  type,
  intuitentityid,
  intuitaccountid,
}: z.output<typeof cloudEventsSchema>[number]): InboundEvent {
  const entity = type.split(".")[1] ?? type;
  return {
    id,
    accountId: intuitaccountid,
    entity: toEntityName(entity),
    type,
    ...(intuitentityid && { recordId: intuitentityid }),
  };
}

function fromNotifications({ eventNotifications }: z.output<typeof notificationsSchema>): InboundEvent[] {
  return eventNotifications.flatMap(({ realmId, dataChangeEvent }) =>
    dataChangeEvent.entities.map(({ name, id, operation, lastUpdated = "" }) => ({
      // That form has no ids. What is the same in all of these is the same event.
      id: createHash("sha256")
        .update(JSON.stringify([realmId, name, id, operation, lastUpdated]))
        .digest("base64url"),
      accountId: realmId,
      entity: name,
      recordId: id,
      type: operation,
    })),
  );
}

function withoutDoubles(events: readonly InboundEvent[]): readonly InboundEvent[] {
  return [...new Map(events.map((event) => [event.id, event])).values()];
}
