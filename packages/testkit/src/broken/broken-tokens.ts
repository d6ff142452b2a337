import {
  type AccessToken,
  AuthenticationError,
  ConnectorError,
  type ConnectorRequest,
  EventBus,
  isConnectorError,
  MemoryTokenStore,
  TokenManager,
  type TokenSet,
  type TransportResponse,
} from "@isthmus/core";
import { ReferenceConnector } from "../reference/reference-connector.js";
import { type BrokenConnector, brokenBy, brokenClass } from "./broken-connector.js";

/** Connectors that treat their tokens wrongly. */
export const brokenTokens: readonly BrokenConnector[] = [
  brokenClass(
    "refresh.before_expiry",
    "keeps its first token for ever",
    class extends ReferenceConnector {
      #token: AccessToken | undefined;

      protected override async sendRaw(request: ConnectorRequest): Promise<TransportResponse> {
        this.#token ??= await this.context.tokens?.accessToken();
        const { path, ...rest } = request;
        const headers = { ...request.headers, ...this.credentialHeaders(this.#token) };
        return this.transport.request({ ...rest, url: this.baseUrl() + path, headers });
      }
    },
  ),

  brokenClass(
    "refresh.concurrent",
    "lets every caller renew an expired token",
    class extends ReferenceConnector {
      protected override async sendRaw(request: ConnectorRequest): Promise<TransportResponse> {
        const { tokens, oauth } = this.context;
        const held = (await tokens?.load())?.tokens;
        if (held && oauth && (held.expiresAtMs ?? 0) <= this.clock.now()) {
          await tokens?.accept(await oauth.refresh(held));
        }
        return super.sendRaw(request);
      }
    },
  ),

  brokenClass(
    "refused_token.renewed",
    "reports a refused token at once",
    class extends ReferenceConnector {
      protected override isTokenRefused(): boolean {
        return false;
      }
    },
  ),

  brokenClass(
    "refused_token.no_loop",
    "renews again and again while the vendor refuses",
    class extends ReferenceConnector {
      protected override async sendRaw(request: ConnectorRequest): Promise<TransportResponse> {
        let response = await super.sendRaw(request);
        for (let round = 0; round < 10 && response.status === 401; round += 1) {
          await this.refreshToken();
          response = await super.sendRaw(request);
        }
        return response;
      }
    },
  ),

  brokenClass(
    "grant.revoked",
    "takes a revoked grant for wrong credentials",
    class extends ReferenceConnector {
      protected override async sendRaw(request: ConnectorRequest): Promise<TransportResponse> {
        try {
          return await super.sendRaw(request);
        } catch (error) {
          if (!isConnectorError(error) || error.code !== "RECONNECT_REQUIRED") throw error;
          throw new AuthenticationError("The vendor refused the credentials.", { cause: error });
        }
      }
    },
  ),

  brokenClass(
    "grant.revoked",
    "asks again and again for a grant that is gone",
    class extends ReferenceConnector {
      #last: TokenSet | undefined;

      protected override async sendRaw(request: ConnectorRequest): Promise<TransportResponse> {
        const { tokens, oauth } = this.context;
        this.#last = (await tokens?.load())?.tokens ?? this.#last;
        try {
          return await super.sendRaw(request);
        } catch (error) {
          if (isConnectorError(error) && error.code === "RECONNECT_REQUIRED" && this.#last) {
            await oauth?.refresh(this.#last);
          }
          throw error;
        }
      }
    },
  ),

  brokenBy("grant.revoked_event", "tells nobody that its grant is gone", {
    create: (context) => {
      const { oauth, clock, random, logger, connection } = context;
      // Core's manager does tell; so this connector brings one that speaks into the void.
      const store = new MemoryTokenStore({ clock, random });
      const tokens =
        oauth && new TokenManager({ client: oauth, store, clock, random, logger, connection, events: new EventBus() });
      return new ReferenceConnector({ ...context, tokens });
    },
  }),

  brokenClass(
    "disconnect.forgets",
    "keeps its tokens when the revocation fails",
    class extends ReferenceConnector {
      override async disconnect(): Promise<{ revoked: boolean; failure?: ConnectorError }> {
        const { tokens, oauth } = this.context;
        const held = (await tokens?.load())?.tokens;
        if (!tokens || !oauth || !held) return { revoked: false };
        try {
          await oauth.revoke(held);
          await tokens.clear();
          return { revoked: true };
        } catch (error) {
          return isConnectorError(error) ? { revoked: false, failure: error } : { revoked: false };
        }
      }
    },
  ),

  brokenClass(
    "disconnect.repeatable",
    "refuses to disconnect what is disconnected",
    class extends ReferenceConnector {
      override async disconnect(): Promise<{ revoked: boolean; failure?: ConnectorError }> {
        const held = (await this.context.tokens?.load())?.tokens;
        if (!held) throw new ConnectorError("CONFLICT", "This is not connected.");
        return super.disconnect();
      }
    },
  ),
];
