import type { ConnectorEnvironment } from "./create-connector.js";

const environmentKeys = {
  tokenStore: true,
  connection: true,
  allowedPrivateHosts: true,
  transport: true,
  observer: true,
  budgets: true,
  files: true,
  clock: true,
  random: true,
  logger: true,
  events: true,
  signal: true,
} as const satisfies Record<keyof ConnectorEnvironment, true>;

/**
 * Parts the options of a connector's factory function: what the program hands in from outside, and the settings of the
 * connector, which stand beside it for the caller's convenience. Options that are `undefined` count as missing.
 */
export function splitEnvironment<Options extends ConnectorEnvironment>(
  options: Options,
): { readonly environment: ConnectorEnvironment; readonly settings: Omit<Options, keyof ConnectorEnvironment> } {
  const entries = Object.entries(options);
  const isEnvironment = ([name]: [string, unknown]) => name in environmentKeys;
  const environment = Object.fromEntries(entries.filter((entry) => isEnvironment(entry) && entry[1] !== undefined));
  const settings = Object.fromEntries(entries.filter((entry) => !isEnvironment(entry)));
  return { environment, settings: settings as Omit<Options, keyof ConnectorEnvironment> };
}
