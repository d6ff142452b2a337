import { type Clock, systemClock } from "@isthmus/core";
import type { Database } from "../../src/database/index.js";
import { type Answer, ApiClient } from "../support/api-client.js";
import { audience, type IdentityServer, startIdentityServer } from "../support/identity-server.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";

/** A service whose tenants may trust an identity provider on loopback, at a time of the test's choice. */
export interface SignInService {
  readonly service: TestService;
  readonly identity: IdentityServer;
  /** Milliseconds by which the service's clock is ahead. */
  readonly ahead: { ms: number };
  /** Makes a tenant that trusts the provider. */
  createTenant(settings?: Readonly<Record<string, unknown>>): Promise<TrustingTenant>;
  /** Calls the service with a token, in a tenant. */
  as(token: string, tenantId: string): ApiClient;
  close(): Promise<void>;
}

/** A tenant, and the provider that it trusts. */
export interface TrustingTenant extends TestTenantClient {
  readonly providerId: string;
}

/** What the provider's groups stand for, unless a test says otherwise. */
export const roleMapping = [
  { value: "isthmus-admins", roles: ["admin"] },
  { value: "isthmus-editors", roles: ["editor"] },
  { value: "isthmus-readers", roles: ["viewer"] },
  { value: "isthmus-controllers", roles: ["approver", "viewer"] },
];

/** What the provider says of Ann. */
export const ann = { groups: ["isthmus-editors", "staff"], email: "Ann@example.com", name: "Ann Example" };

/** Starts both on a database. */
export async function startSignInService(database: Database): Promise<SignInService> {
  const identity = await startIdentityServer();
  identity.claims.set("ann", ann);
  const ahead = { ms: 0 };
  const clock: Clock = {
    now: () => Date.now() + ahead.ms,
    sleep: systemClock.sleep,
  };
  const allowedPrivateHosts: string[] = [identity.host];
  const service = await startTestService(database, { clock, settings: { allowedPrivateHosts } });
  allowedPrivateHosts.push(new URL(service.sandbox.url).host);
  return {
    service,
    identity,
    ahead,
    async createTenant(settings) {
      const tenant = await service.createTenant();
      const provider = await tenant.api.post("/v1/identity-providers", { ...providerOf(identity), ...settings });
      if (provider.status !== 201) throw new Error(provider.text);
      return { ...tenant, providerId: provider.body.id };
    },
    as: (token, tenantId) => new ApiClient(service.url, token, { "isthmus-tenant": tenantId }),
    async close() {
      await service.close();
      await identity.close();
    },
  };
}

/** The body that makes a tenant trust the provider. */
export function providerOf({ issuer }: Pick<IdentityServer, "issuer">): Record<string, unknown> {
  return { name: "Our organisation", issuer, audience, rolesClaim: ["groups"], roleMapping, createsUsers: true };
}

/** The audit events of an action, oldest first. */
export async function eventsOf(tenant: TestTenantClient, action: string): Promise<Answer["body"][]> {
  const answer = await tenant.api.get(`/v1/audit-events?action=${action}&limit=200`);
  return answer.body.data.toReversed();
}
