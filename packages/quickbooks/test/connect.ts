import {
  decideConsent,
  type QuickbooksSandbox,
  type QuickbooksSandboxOptions,
  startQuickbooksSandbox,
} from "@isthmus/sandbox";
import { createQuickbooksConnector, type QuickbooksConnector, type QuickbooksOptions } from "../src/index.js";

/** Where the sandbox sends the browser back to. Nothing listens there: tests read the address only. */
export const redirectUri = "http://127.0.0.1/callback";

/** A sandbox without limits, so that no test waits for a minute. */
export function startSandbox(options: QuickbooksSandboxOptions = {}): Promise<QuickbooksSandbox> {
  return startQuickbooksSandbox({ throttle: false, ...options });
}

/** A connector to the sandbox; nobody has signed in yet. */
export function connectorTo(sandbox: QuickbooksSandbox, options: Partial<QuickbooksOptions> = {}): QuickbooksConnector {
  const { url, client } = sandbox;
  return createQuickbooksConnector({
    clientId: client.id,
    clientSecret: client.secret,
    apiUrl: url,
    allowedPrivateHosts: [new URL(url).host],
    limits: { concurrency: 10, callsPerSecond: 100_000, callsPerMinute: 1_000_000, batchesPerMinute: 100_000 },
    ...options,
  });
}

/** A connector that a person has connected. */
export async function connectedTo(
  sandbox: QuickbooksSandbox,
  options: Partial<QuickbooksOptions> = {},
): Promise<QuickbooksConnector> {
  const connector = connectorTo(sandbox, options);
  const { authorizationUrl, pending } = await connector.getAuthUrl({ redirectUri });
  await connector.handleCallback(await decideConsent(authorizationUrl, "allow"), pending);
  sandbox.clearRequests();
  return connector;
}
