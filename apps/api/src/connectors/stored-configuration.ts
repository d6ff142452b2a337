import { type ConnectorDefinition, validate } from "@isthmus/core";
import type { ConnectorRow } from "../repositories/index.js";

/**
 * A stored configuration as the installed package wants it: one that an older version wrote is migrated first.
 *
 * @throws {ValidationError} when it does not fit the installed version any more.
 */
export function readStoredConfiguration(definition: ConnectorDefinition, row: ConnectorRow): unknown {
  const { configuration, connectorVersion } = row;
  const current =
    definition.migrate && connectorVersion !== definition.version
      ? definition.migrate(configuration, connectorVersion)
      : configuration;
  return validate(definition.configuration, current, "stored configuration");
}
