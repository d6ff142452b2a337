import { type BaseConnector, ConnectorError, type EntitySource } from "@isthmus/core";
import type { ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";

/** What reads changes of a connector's records. @throws {ConnectorError} `UNSUPPORTED` where they cannot be followed. */
export function readerOf(
  { connectors }: Pick<Services, "connectors">,
  { connectorType }: ConnectorRow,
  connector: BaseConnector,
): NonNullable<EntitySource["read"]> {
  const definition = connectors.definition(connectorType);
  const source = definition.entities?.(connector);
  if (source?.read) return source.read.bind(source);
  throw new ConnectorError("UNSUPPORTED", `Records of ${definition.displayName} connectors cannot be followed.`);
}

/** Asks the vendor nothing. @throws {ConnectorError} `UNSUPPORTED` where the records of a connector cannot be followed. */
export async function assertFollowable(
  services: Pick<Services, "connectors" | "pool">,
  row: ConnectorRow,
): Promise<void> {
  await services.pool.use(row, async (connector) => void readerOf(services, row, connector));
}
