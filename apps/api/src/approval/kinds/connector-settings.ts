import { authenticationMethods } from "@isthmus/core";
import { z } from "zod";
import type { ConnectorRow } from "../../repositories/index.js";

/** The settings of a connector as a change holds them: columns without secrets. */
export const connectorSettingsSchema = z.object({
  connectorCode: z.string(),
  connectorName: z.string(),
  externalSystemUrl: z.string(),
  authenticationMethod: z.enum(authenticationMethods),
  configuration: z.record(z.string(), z.unknown()),
  environment: z.enum(["sandbox", "production"]),
  connectorVersion: z.string(),
  isActive: z.boolean(),
});

/** See {@link connectorSettingsSchema}. */
export type ConnectorSettings = z.infer<typeof connectorSettingsSchema>;

/** The settings in the words of the API, for a diff. */
export function showSettings(settings: Partial<ConnectorSettings>): object {
  return {
    code: settings.connectorCode,
    name: settings.connectorName,
    environment: settings.environment,
    active: settings.isActive,
    externalSystemUrl: settings.externalSystemUrl,
    authenticationMethod: settings.authenticationMethod,
    configuration: settings.configuration,
    connectorVersion: settings.connectorVersion,
  };
}

/** The settings that a connector has now. */
export function settingsOf(row: ConnectorRow): ConnectorSettings {
  const { connectorCode, connectorName, externalSystemUrl, authenticationMethod, configuration } = row;
  const { environment, connectorVersion, isActive } = row;
  return {
    connectorCode,
    connectorName,
    externalSystemUrl,
    authenticationMethod,
    configuration: { ...configuration },
    environment,
    connectorVersion,
    isActive,
  };
}
