import { join } from "node:path";
import {
  type BaseConnector,
  type Clock,
  type ConnectorFactory,
  createFolderFiles,
  type EventEmitter,
  type Logger,
  type Random,
  type TokenStore,
  type Vault,
} from "@isthmus/core";
import type { SharedBudgets } from "../budgets/shared-budgets.js";
import { ApiError } from "../errors/index.js";
import type { Metrics } from "../metrics/metrics.js";
import type { ConnectorRow } from "../repositories/index.js";
import { credentialsPlace } from "./credentials-place.js";

/** What live connectors are made with. */
export interface OpenConnectorOptions {
  readonly vault: Vault;
  readonly tokenStores: { of(tenantId: string, connectorId: string, connectorVersion?: number): TokenStore };
  readonly connectors: ConnectorFactory;
  readonly events: EventEmitter;
  readonly metrics: Pick<Metrics, "vendorObserver">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly allowedPrivateHosts: readonly string[];
  readonly certificateDirectory?: string | undefined;
  /** What vendors allow, shared with other processes. Default: this one counts for itself. */
  readonly budgets?: SharedBudgets | undefined;
  /** Ends the work of all of them when aborted. */
  readonly signal: AbortSignal;
}

/**
 * Makes a live connector of a stored one: opens its credentials and gives it the tokens of its row. Sends nothing.
 *
 * @param opened - Called when the credentials are open; nothing is made of them where it fails. Default: nobody is told.
 * @throws {ApiError} `CREDENTIALS_MISSING`.
 * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE` with a wrong key (the row stays as it is), `KEY_UNAVAILABLE`,
 *   `UNKNOWN_CONNECTOR_TYPE`, `VALIDATION_FAILED`.
 */
export async function openConnector(
  options: OpenConnectorOptions,
  row: ConnectorRow,
  opened: () => Promise<void> = async () => undefined,
): Promise<BaseConnector> {
  const { vault, tokenStores, connectors, events, clock, random, logger, allowedPrivateHosts, signal } = options;
  const { certificateDirectory, metrics, budgets } = options;
  const { id: connectorId, tenantId, connectorType: type } = row;
  if (row.credentials === null) {
    throw new ApiError("CREDENTIALS_MISSING", "The connector has no credentials. Give them by PATCH.");
  }
  const credentials = await vault.open(row.credentials, credentialsPlace(tenantId, connectorId));
  await opened();
  const settings = {
    authenticationMethod: row.authenticationMethod,
    credentials,
    configuration: row.configuration,
    configurationVersion: row.connectorVersion,
  };
  return connectors.create(type, settings, {
    tokenStore: tokenStores.of(tenantId, connectorId, row.version),
    connection: { tenantId, connectorId },
    allowedPrivateHosts,
    // A tenant's own folder: no connector can name what is another tenant's.
    ...(certificateDirectory !== undefined && { files: createFolderFiles(join(certificateDirectory, tenantId)) }),
    events,
    observer: metrics.vendorObserver(type),
    ...(budgets && { budgets: budgets.at("interactive") }),
    clock,
    random,
    logger,
    signal,
  });
}
