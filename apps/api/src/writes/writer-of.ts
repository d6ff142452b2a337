import { type BaseConnector, ConnectorError, type RecordWriter } from "@isthmus/core";
import type { ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";

/** What writes records of a connector. @throws {ConnectorError} `UNSUPPORTED` where it writes none in bulk. */
export function writerOf(
  { connectors }: Pick<Services, "connectors">,
  { connectorType }: ConnectorRow,
  connector: BaseConnector,
): RecordWriter {
  const definition = connectors.definition(connectorType);
  const writer = definition.entities?.(connector).writer;
  if (writer) return writer;
  throw new ConnectorError(
    "UNSUPPORTED",
    `Records of ${definition.displayName} connectors are written by operations only.`,
  );
}
