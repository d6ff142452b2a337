import { type BaseConnector, ConnectorError, type EntityCursor, type EntitySource } from "@isthmus/core";
import type { ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";

/** A source whose records can be followed. */
export type FollowedSource = EntitySource & Required<Pick<EntitySource, "read">>;

/** What reads changes of a connector's records. @throws {ConnectorError} `UNSUPPORTED` where they cannot be followed. */
export function followedSourceOf(
  { connectors }: Pick<Services, "connectors">,
  { connectorType }: ConnectorRow,
  connector: BaseConnector,
): FollowedSource {
  const definition = connectors.definition(connectorType);
  const source = definition.entities?.(connector);
  if (source !== undefined && canRead(source)) return source;
  throw new ConnectorError("UNSUPPORTED", `Records of ${definition.displayName} connectors cannot be followed.`);
}

function canRead(source: EntitySource): source is FollowedSource {
  return source.read !== undefined;
}

/** A cursor for a read that begins at a time. @throws {ConnectorError} `UNSUPPORTED` where the connector's cannot. */
export function startAt(
  source: FollowedSource,
  entity: string,
  from: Date,
  signal: AbortSignal,
): Promise<EntityCursor> {
  assertStarts(source);
  return source.startAt(entity, from.getTime(), signal);
}

function assertStarts(source: EntitySource): asserts source is EntitySource & Required<Pick<EntitySource, "startAt">> {
  if (source.startAt === undefined)
    throw new ConnectorError("UNSUPPORTED", "Reads of this connector cannot begin at a time. Leave backfillFrom out.");
}

/**
 * Asks the vendor nothing.
 *
 * @param fromPast - Also, that reads can begin at a time.
 * @throws {ConnectorError} `UNSUPPORTED` where the records of a connector cannot be followed so.
 */
export async function assertFollowable(
  services: Pick<Services, "connectors" | "pool">,
  row: ConnectorRow,
  fromPast: boolean,
): Promise<void> {
  await services.pool.use(row, async (connector) => {
    const source = followedSourceOf(services, row, connector);
    if (fromPast) assertStarts(source);
  });
}
