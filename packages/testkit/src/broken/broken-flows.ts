import {
  AuthenticationError,
  type ConnectedAccount,
  isConnectorError,
  type PendingAuthorization,
  type StartAuthorizationOptions,
} from "@isthmus/core";
import { z } from "zod";
import { ReferenceConnector } from "../reference/reference-connector.js";
import { basicHarness } from "../reference/reference-harness.js";
import { type BrokenConnector, brokenClass } from "./broken-connector.js";

type Begun = Awaited<ReturnType<ReferenceConnector["getAuthUrl"]>>;

/** Connectors whose way to the consent page, or back, is wrong. Core does all of this right, so they do it themselves. */
export const brokenFlows: readonly BrokenConnector[] = [
  brokenClass(
    "auth_url.state",
    "sends the same state each time",
    class extends ReferenceConnector {
      override getAuthUrl(options: StartAuthorizationOptions): Promise<Begun> {
        return super.getAuthUrl({ ...options, state: "the-same-state-for-everybody" });
      }
    },
  ),

  brokenClass(
    "auth_url.pkce",
    "sends no PKCE challenge",
    class extends ReferenceConnector {
      override getAuthUrl(options: StartAuthorizationOptions): Promise<Begun> {
        return changedUrl(super.getAuthUrl(options), (parameters) => {
          parameters.delete("code_challenge");
          parameters.delete("code_challenge_method");
        });
      }
    },
  ),

  brokenClass(
    "auth_url.parameters",
    "leaves the redirect URI to the vendor",
    class extends ReferenceConnector {
      override getAuthUrl(options: StartAuthorizationOptions): Promise<Begun> {
        return changedUrl(super.getAuthUrl(options), (parameters) => parameters.delete("redirect_uri"));
      }
    },
  ),

  brokenClass(
    "auth_url.no_secret",
    "sends the client secret through the browser",
    class extends ReferenceConnector {
      override getAuthUrl(options: StartAuthorizationOptions): Promise<Begun> {
        const { clientSecret } = z.looseObject({ clientSecret: z.string() }).parse(this.context.credentials);
        return changedUrl(super.getAuthUrl(options), (parameters) => parameters.set("client_secret", clientSecret));
      }
    },
  ),

  brokenClass(
    "auth_url.unsupported",
    "invents a consent page for a password",
    class extends ReferenceConnector {
      override async getAuthUrl({ redirectUri }: StartAuthorizationOptions): Promise<Begun> {
        const pending = { state: "", codeVerifier: "", redirectUri, expiresAtMs: this.clock.now() };
        return { authorizationUrl: `${this.baseUrl()}/oauth/authorize`, pending };
      }
    },
    basicHarness,
  ),

  brokenClass(
    "callback.connects",
    "forgets the tokens that it was granted",
    class extends ReferenceConnector {
      override async handleCallback(callbackUrl: string, pending: PendingAuthorization): Promise<ConnectedAccount> {
        await this.context.oauth?.finishAuthorization(callbackUrl, pending);
        return { id: "account-1", name: "Reference Notes Ltd", environment: "sandbox" };
      }
    },
  ),

  brokenClass(
    "callback.wrong_state",
    "compares no state",
    class extends ReferenceConnector {
      override handleCallback(callbackUrl: string, pending: PendingAuthorization): Promise<ConnectedAccount> {
        const url = new URL(callbackUrl);
        if (url.searchParams.has("state")) url.searchParams.set("state", pending.state);
        return super.handleCallback(url.href, pending);
      }
    },
  ),

  brokenClass(
    "callback.missing_state",
    "compares a state only when there is one",
    class extends ReferenceConnector {
      override handleCallback(callbackUrl: string, pending: PendingAuthorization): Promise<ConnectedAccount> {
        const url = new URL(callbackUrl);
        if (!url.searchParams.has("state")) url.searchParams.set("state", pending.state);
        return super.handleCallback(url.href, pending);
      }
    },
  ),

  brokenClass(
    "callback.denied",
    "takes a person's no for wrong credentials",
    class extends ReferenceConnector {
      override async handleCallback(callbackUrl: string, pending: PendingAuthorization): Promise<ConnectedAccount> {
        try {
          return await super.handleCallback(callbackUrl, pending);
        } catch (error) {
          if (isConnectorError(error) && error.code === "OAUTH_DENIED") {
            throw new AuthenticationError("The vendor refused the authorization.");
          }
          throw error;
        }
      }
    },
  ),

  brokenClass(
    "callback.expired",
    "lets an authorization stay open for a year",
    class extends ReferenceConnector {
      override getAuthUrl(options: StartAuthorizationOptions): Promise<Begun> {
        return super.getAuthUrl({ ...options, lifetimeMs: 365 * 24 * 3_600_000 });
      }
    },
  ),

  brokenClass(
    "callback.used_twice",
    "welcomes a callback that it has seen before",
    class extends ReferenceConnector {
      readonly #seen = new Set<string>();

      override handleCallback(callbackUrl: string, pending: PendingAuthorization): Promise<ConnectedAccount> {
        if (this.#seen.has(callbackUrl)) return this.connect();
        this.#seen.add(callbackUrl);
        return super.handleCallback(callbackUrl, pending);
      }
    },
  ),
];

async function changedUrl(work: Promise<Begun>, change: (parameters: URLSearchParams) => void): Promise<Begun> {
  const { authorizationUrl, pending } = await work;
  const url = new URL(authorizationUrl);
  change(url.searchParams);
  return { authorizationUrl: url.href, pending };
}
