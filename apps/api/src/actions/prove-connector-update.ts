import { type AuthenticationMethod, type ConnectorDefinition, ValidationError } from "@isthmus/core";
import { diffSecrets, diffSettings } from "../approval/diff.js";
import { settingsOf, showSettings } from "../approval/kinds/connector-settings.js";
import type { ConnectorUpdate } from "../approval/kinds/connector-update.js";
import { credentialsPlace } from "../connectors/credentials-place.js";
import { readStoredConfiguration } from "../connectors/stored-configuration.js";
import { isUnreadable } from "../errors/index.js";
import type { ChangeDiffEntry, ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type ProvenConnector, proveSettings } from "./prove-settings.js";

/** What an update changes; what is missing stays. */
export interface UpdateConnectorInput {
  readonly code?: string | undefined;
  readonly name?: string | undefined;
  readonly active?: boolean | undefined;
  readonly environment?: "sandbox" | "production" | undefined;
  readonly externalSystemUrl?: string | undefined;
  readonly authenticationMethod?: AuthenticationMethod | undefined;
  readonly credentials?: unknown;
  readonly configuration?: unknown;
}

/** An update that fits the connector as it is. */
export interface ProvenUpdate {
  readonly change: ConnectorUpdate;
  readonly diff: readonly ChangeDiffEntry[];
}

/**
 * Proves an update by the connector's definition and finds out what follows from it. Sends nothing.
 *
 * @throws {ConnectorError} as {@link proveSettings}; `VALIDATION_FAILED` where stored credentials would go to another address.
 */
export async function proveUpdate(
  services: Services,
  row: ConnectorRow,
  input: UpdateConnectorInput,
): Promise<ProvenUpdate> {
  const plain = {
    ...(input.code !== undefined && { connectorCode: input.code }),
    ...(input.name !== undefined && { connectorName: input.name }),
    ...(input.active !== undefined && { isActive: input.active }),
    ...(input.environment !== undefined && { environment: input.environment }),
  };
  const fields = Object.keys(input).filter((field) => Reflect.get(input, field) !== undefined);
  const becomesProduction = row.environment !== "production" && input.environment === "production";
  const seen = becomesProduction && { seenAccountId: row.boundAccountId };
  const method = input.authenticationMethod ?? row.authenticationMethod;
  const touched = [input.externalSystemUrl, input.authenticationMethod, input.credentials, input.configuration];
  if (touched.every((value) => value === undefined)) {
    return describe(row, { fields, settings: plain, grantEnds: false, ...seen }, undefined, undefined);
  }
  const definition = services.connectors.definition(row.connectorType);
  const stored = await openCredentials(services, row, input, method);
  const proven = await proveSettings(services, definition, {
    authenticationMethod: method,
    credentials: input.credentials ?? stored,
    configuration: input.configuration ?? withoutAddress(definition, row, input.externalSystemUrl),
    externalSystemUrl: input.externalSystemUrl,
  });
  const hostsStay = sameHosts(definition, row, proven.allowedHosts);
  if (input.credentials === undefined) assertSameReach(row, proven, hostsStay);
  const settings = {
    ...plain,
    authenticationMethod: method,
    configuration: { ...proven.configuration },
    connectorVersion: definition.version,
    externalSystemUrl: proven.externalSystemUrl,
  };
  const addressStays = hostsStay && proven.externalSystemUrl === row.externalSystemUrl;
  const change = {
    fields,
    settings,
    grantEnds: method !== row.authenticationMethod || !addressStays,
    // Another system has other accounts: the first one there is as good as that of a new connector.
    ...(addressStays ? seen : { boundAccount: { id: null, name: null } }),
    ...(input.credentials !== undefined && { credentials: proven.credentials }),
  };
  return describe(row, change, stored, change.credentials);
}

function describe(
  row: ConnectorRow,
  change: ConnectorUpdate,
  storedCredentials: unknown,
  given: unknown,
): ProvenUpdate {
  const now = settingsOf(row);
  const diff = diffSettings(showSettings(now), showSettings({ ...now, ...change.settings }));
  return {
    change,
    diff: [...diff, ...diffSecrets("credentials", storedCredentials, given), ...consequencesOf(row, change)],
  };
}

/** What an approver has to know beside the fields. */
function consequencesOf(row: ConnectorRow, { grantEnds, seenAccountId }: ConnectorUpdate): readonly ChangeDiffEntry[] {
  const account = { id: row.accountId, name: row.accountName };
  if (grantEnds && row.accountId !== null) return [{ path: "account", change: "removed", before: account }];
  if (typeof seenAccountId !== "string") return [];
  return [{ path: "account", change: "added", after: { id: row.boundAccountId, name: row.boundAccountName } }];
}

/**
 * Stored credentials go nowhere but where they were given for: whoever may change an address cannot read them, and must not
 * have them sent to a host of theirs either.
 */
function assertSameReach(row: ConnectorRow, proven: ProvenConnector, hostsStay: boolean): void {
  const [before, after] = [new URL(row.externalSystemUrl), new URL(proven.externalSystemUrl)];
  const portStays = before.hostname !== after.hostname || before.origin === after.origin;
  const isEmpty = Object.keys(Object(proven.credentials)).length === 0;
  if (isEmpty || (hostsStay && portStays)) return;
  throw new ValidationError("The connector would send its credentials to another address. Give them again.", [
    { path: "credentials", message: "Needed, because the address changes." },
  ]);
}

/** The stored configuration, its address taken out where a new one is given. */
function withoutAddress(definition: ConnectorDefinition, row: ConnectorRow, newUrl: string | undefined): unknown {
  const stored = readStoredConfiguration(definition, row);
  const field: string | undefined = definition.externalSystemUrlField;
  if (newUrl === undefined || field === undefined || typeof stored !== "object" || stored === null) return stored;
  return Object.fromEntries(Object.entries(stored).filter(([key]) => key !== field));
}

/** The credentials that are stored; they are left alone where they do not open and new ones are given. */
async function openCredentials(
  services: Services,
  row: ConnectorRow,
  input: UpdateConnectorInput,
  method: AuthenticationMethod,
): Promise<unknown> {
  if (method !== row.authenticationMethod && input.credentials === undefined) {
    throw new ValidationError("Another authentication method needs its own credentials.", [
      { path: "credentials", message: `Give those of ${method}.` },
    ]);
  }
  if (row.credentials === null) return {};
  try {
    return await services.vault.open(row.credentials, credentialsPlace(row.tenantId, row.id));
  } catch (error) {
    if (input.credentials !== undefined && isUnreadable(error)) return {};
    throw error;
  }
}

function sameHosts(definition: ConnectorDefinition, row: ConnectorRow, hosts: readonly string[]): boolean {
  const before = definition.allowedHosts(readStoredConfiguration(definition, row));
  return [...before].sort().join() === [...hosts].sort().join();
}
