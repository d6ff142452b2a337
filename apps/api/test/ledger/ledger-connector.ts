import {
  BaseConnector,
  type ConnectedAccount,
  type ConnectorError,
  type ConnectorRequest,
  defineConnector,
  defineScheme,
  mapHttpStatus,
  type TransportResponse,
} from "@isthmus/core";
import { z } from "zod";

const configurationSchema = z.object({ url: z.url() });
type Configuration = z.output<typeof configurationSchema>;

class LedgerConnector extends BaseConnector<unknown, Configuration> {
  protected async identify(signal: AbortSignal): Promise<ConnectedAccount> {
    const request = { method: "GET", path: "/whoami", name: "whoami", idempotent: true, signal } as const;
    const { id } = z.object({ id: z.string() }).parse((await this.send(request)).json());
    return { id, name: id, environment: "sandbox" };
  }

  protected baseUrl(): string {
    return this.context.configuration.url;
  }

  protected mapFailure({ status, headers }: TransportResponse, request: ConnectorRequest): ConnectorError {
    return mapHttpStatus({ status, headers, request, nowMs: this.clock.now() });
  }
}

/** A connector to `LedgerVendor`: its refresh tokens rotate, so none may be sent twice. */
export const ledger = defineConnector<Configuration, LedgerConnector>({
  specificationVersion: 1,
  type: "ledger",
  displayName: "Ledger",
  version: "1.0.0",
  authentication: {
    oauth2_authorization_code: defineScheme<unknown, Configuration>({
      title: "OAuth 2.0",
      credentials: z.object({}),
      oauth: (_, { url }) => ({
        grant: "authorization_code",
        issuer: url,
        tokenEndpoint: `${url}/token`,
        authorizationEndpoint: `${url}/authorize`,
        clientId: "isthmus",
        scopes: [],
        readTokenResponse: ({ grant_ends_in: seconds }, nowMs) =>
          typeof seconds === "number" ? { reconnectBeforeMs: nowMs + seconds * 1_000 } : {},
      }),
    }),
  },
  configuration: configurationSchema,
  externalSystemUrlField: "url",
  refreshPolicy: { marginMs: 300_000, jitterMs: 60_000, assumedLifetimeMs: 3_600_000, afterAmbiguous: "reconnect" },
  allowedHosts: () => ["127.0.0.1"],
  operations: () => [],
  create: (context) => new LedgerConnector(context),
});
