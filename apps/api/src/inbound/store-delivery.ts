import { newId } from "../database/index.js";
import type {
  EntityOfConnector,
  InboundRoute,
  NewInboundEvent,
  NewOutboxEvent,
  StoredInboundEvent,
} from "../repositories/index.js";
import type { Services } from "../services.js";
import { eventEntityOf } from "./event-entity.js";
import { deliveryPlace } from "./sealed-places.js";

/** Where a delivery came, and whose that is. */
export interface DeliveryRoute extends InboundRoute {
  readonly endpointId: string;
}

/** A delivery that the vendor has sent, as its signature proves. */
export interface ProvenDelivery {
  readonly type: string;
  readonly rawBody: Buffer;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly requestId: string;
}

/**
 * Stores a delivery that was proven, with those of its events that had not come before, which connectors they concern, a
 * message for each, and a read of what they name where a schedule follows it: all of it in one short transaction, or nothing.
 *
 * @throws {NotFoundError} when the endpoint was removed meanwhile.
 * @throws {DatabaseUnavailableError}
 */
export async function storeDelivery(
  { database, vault, connectors }: Pick<Services, "database" | "vault" | "connectors">,
  { tenantId, environment, endpointId, activeKeyId }: DeliveryRoute,
  { type, rawBody, headers, requestId }: ProvenDelivery,
  events: readonly NewInboundEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const id = newId();
  // Outside of the transaction, which waits for nothing but the database.
  using sealer = await vault.sealer(deliveryPlace(tenantId, id), activeKeyId ?? undefined);
  const readEntity = eventEntityOf(connectors.definition(type));
  const mediaType = headers["content-type"] ?? null;
  const body = sealer.seal({ mediaType, base64: rawBody.toString("base64") });
  await database.asTenant(tenantId, async ({ inboundEvents, outboxEvents, eventReads }) => {
    const stored = await inboundEvents.store({ id, endpointId, body, requestId }, events, {
      connectorType: type,
      environment,
      readEntity,
    });
    if (stored.length === 0) return;
    await outboxEvents.appendAll(stored.flatMap((event) => toMessages(endpointId, event)));
    await eventReads.request(entitiesOf(stored), readDelayMs);
  });
}

/** Vendors deliver many events one after the other, and some tell of a change before they give it. */
const readDelayMs = 3_000;

/** What the connectors that the events concern are to read for them, each once. */
function entitiesOf(events: readonly StoredInboundEvent[]): readonly EntityOfConnector[] {
  const all = events.flatMap(({ targets }) =>
    targets.flatMap(({ connectorId, readEntity }) =>
      readEntity === undefined ? [] : [{ connectorId, entity: readEntity }],
    ),
  );
  return [...new Map(all.map((each) => [`${each.connectorId} ${each.entity}`, each])).values()];
}

/** One for each connector that the event concerns; where it concerns none, one that says so. */
function toMessages(endpointId: string, { targets, ...event }: StoredInboundEvent): readonly NewOutboxEvent[] {
  const { accountId, entity, recordId, eventId } = event;
  const about = [endpointId, accountId, entity, recordId ?? eventId].join("/");
  const message = { type: "inbound.received", entity, about, payload: { endpointId, ...event } } as const;
  return targets.length === 0 ? [message] : targets.map(({ connectorId }) => ({ ...message, connectorId }));
}
