import {
  type InboundAnswer,
  type InboundEvent,
  type InboundHandler,
  isConnectorError,
  NotFoundError,
} from "@isthmus/core";
import { z } from "zod";
import { ApiError } from "../errors/index.js";
import { type DeliveryDesk, shortestWaitMs } from "../inbound/delivery-desk.js";
import { openSecrets } from "../inbound/endpoint-secrets.js";
import type { RefusalReason, RefusedDeliveries } from "../inbound/refused-deliveries.js";
import { toStorableEvent } from "../inbound/storable-event.js";
import { type DeliveryRoute, storeDelivery } from "../inbound/store-delivery.js";
import type { Services } from "../services.js";

/** What one process keeps for its deliveries. */
export interface Reception {
  readonly desk: DeliveryDesk;
  readonly refusals: RefusedDeliveries;
}

/** A delivery as it came, from anybody. */
export interface Delivery {
  readonly type: string;
  /** As it stands in the address: it may be no id. */
  readonly endpointId: string;
  /** What comes, at most `limitBytes` of it. @throws {ApiError} `PAYLOAD_TOO_LARGE` beyond. */
  readonly readBody: (limitBytes: number) => AsyncIterable<Uint8Array>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** What stands in the address behind the `?`. It may hold a secret. */
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly requestId: string;
  /** Address of the peer. */
  readonly ip: string;
}

/** Largest delivery, in bytes, where the vendor's package says nothing: most send ids, or up to a hundred records. */
export const deliveryLimitBytes = 1024 * 1024;
/** What a vendor's package may raise it to. */
const highestLimitBytes = 32 * deliveryLimitBytes;

// In lower case, as ours are: what is sealed is bound to the id as text.
const idSchema = z.uuid().toLowerCase();

/** What reads the deliveries of a type. @throws {NotFoundError} when there is no such type, or it takes none. */
function findInboundHandler({ connectors }: Services, type: string): InboundHandler {
  const inbound = connectors.definitions().find((definition) => definition.type === type)?.inbound;
  if (inbound) return inbound;
  throw new NotFoundError("No installed connector type of this name takes deliveries.");
}

/**
 * Takes a delivery: proves that the vendor sent it, stores what is new of it with the connectors that it concerns, and
 * answers as the vendor wants it. All of it is stored when the answer goes out, or the answer is no success. Nothing is kept of
 * the body before there is an endpoint for it: its address is what not everybody knows.
 *
 * @throws {ApiError} `DELIVERY_REFUSED`, the same for an endpoint that is not there and one that has no secret for this
 *   signature; `DELIVERY_UNREADABLE`; `DELIVERY_NOT_STORED` when it takes too long, or where too many are at work.
 * @throws {ApiError} `PAYLOAD_TOO_LARGE`.
 * @throws {NotFoundError} when the type takes no deliveries.
 * @throws {DatabaseUnavailableError}
 */
export async function receiveDelivery(
  services: Services,
  { desk, refusals }: Reception,
  { readBody, ...told }: Delivery,
): Promise<InboundAnswer> {
  const { clock } = services;
  const handler = findInboundHandler(services, told.type);
  const { maxBodyBytes = deliveryLimitBytes, answerWithinMs = shortestWaitMs } = handler;
  const begunAtMs = clock.now();
  const route = await desk.take(0, () => findRoute(services, told), answerWithinMs);
  const withinMs = answerWithinMs - (clock.now() - begunAtMs);
  const pieces = readBody(Math.min(maxBodyBytes, highestLimitBytes));
  const delivery = { ...told, rawBody: await desk.read(pieces, route !== undefined) };
  return desk.take(
    delivery.rawBody.length,
    async () => {
      if (route === undefined) throw refused();
      const { tenantId, endpointId } = route;
      const refuse = (reason: RefusalReason, answer: ApiError): ApiError => {
        const { requestId, ip } = delivery;
        refusals.note({ tenantId, endpointId, reason, requestId, ip });
        return answer;
      };
      const secrets = await openSecrets(services.vault, tenantId, endpointId, route.secrets);
      if (secrets.length === 0) throw refuse("no_secret", refused());
      if (!isGenuine(handler, delivery, secrets)) throw refuse("not_signed", refused());
      const events = readEvents(handler, delivery);
      if (events === undefined) throw refuse("unreadable", unreadable());
      await storeDelivery(services, route, delivery, events.map(toStorableEvent)).catch((error: unknown) => {
        // The endpoint was deleted meanwhile, or its tenant.
        throw isConnectorError(error) && error.code === "NOT_FOUND" ? refused() : error;
      });
      return handler.acknowledge();
    },
    withinMs,
  );
}

async function findRoute(
  { database }: Services,
  delivery: Pick<Delivery, "type" | "endpointId">,
): Promise<DeliveryRoute | undefined> {
  const { data: endpointId } = idSchema.safeParse(delivery.endpointId);
  if (endpointId === undefined) return undefined;
  const route = await database.asSystem(({ inbound }) => inbound.findEndpoint(delivery.type, endpointId));
  return route && { ...route, endpointId };
}

type ReadDelivery = Omit<Delivery, "readBody"> & { readonly rawBody: Buffer };

function isGenuine(
  handler: InboundHandler,
  { rawBody, headers, query }: ReadDelivery,
  secrets: readonly string[],
): boolean {
  try {
    handler.verify(rawBody, headers, secrets, query);
    return true;
  } catch (error) {
    if (isConnectorError(error) && error.code === "AUTHENTICATION_FAILED") return false;
    throw error;
  }
}

/** `undefined` when the package cannot read the body. */
function readEvents(handler: InboundHandler, { rawBody, headers }: ReadDelivery): readonly InboundEvent[] | undefined {
  try {
    return handler.route(rawBody, headers);
  } catch (error) {
    if (isConnectorError(error) && error.code === "UNEXPECTED_RESPONSE") return undefined;
    throw error;
  }
}

function refused(): ApiError {
  return new ApiError(
    "DELIVERY_REFUSED",
    "There is no such endpoint here, or the delivery is not signed with one of its secrets.",
  );
}

function unreadable(): ApiError {
  return new ApiError("DELIVERY_UNREADABLE", "The delivery is genuine, but its body has no form that is known here.");
}
