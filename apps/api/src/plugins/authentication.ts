import { timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";
import { signIn } from "../actions/sign-in.js";
import type { Caller } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import { isApiKey, sha256Hex } from "../keys/api-key.js";
import { KeyUse } from "../keys/key-use.js";
import { RefusedKeys } from "../keys/refused-keys.js";
import type { Services } from "../services.js";

/** A signed token (JWT): three parts. The last one is empty where nobody has signed it. */
const tokenPattern = /^[\w-]+\.[\w-]+\.[\w-]*$/;

declare module "fastify" {
  interface FastifyRequest {
    /** Set on every route behind {@link authenticationPlugin}. */
    caller: Caller | null;
    /** Proves again who they are, for an answer that takes long. Notes nothing. Throws as the first time. */
    proveAgain: (() => Promise<Caller>) | null;
  }
}

/**
 * Requires a tenant's API key, or a token of an identity provider that the tenant trusts, on every route of the scope that it
 * is registered in.
 */
export const authenticationPlugin = fastifyPlugin((app, services: Services, done) => {
  const keyUse = new KeyUse(services);
  const refusedKeys = new RefusedKeys(services);
  app.decorateRequest("caller", null);
  app.decorateRequest("proveAgain", null);
  app.addHook("onRequest", async (request) => {
    const credential = readCredential(request, services.clock.now());
    request.proveAgain = () => prove(services, credential);
    try {
      request.caller = await request.proveAgain();
    } catch (error) {
      const { bearer, isToken } = credential;
      if (!isToken && bearer !== undefined && isApiKey(bearer)) await refusedKeys.note(sha256Hex(bearer), request);
      throw error;
    }
    const { caller } = request;
    if (caller.apiKeyId === undefined) return;
    keyUse.note(caller.apiKeyId);
    await keyUse.audit(caller);
  });
  done();
});

/** What a request proves itself with. */
interface Credential {
  /** `undefined` = nothing. */
  readonly bearer: string | undefined;
  /** Whether it is a token of an identity provider. */
  readonly isToken: boolean;
  readonly tenantId: string | undefined;
  readonly requestId: string;
  readonly ip: string;
  /** When it came, in epoch milliseconds: a token has to be valid then. */
  readonly atMs: number;
}

function readCredential(request: FastifyRequest, atMs: number): Credential {
  const bearer = bearerOf(request);
  const isToken = bearer !== undefined && tokenPattern.test(bearer);
  return { bearer, isToken, tenantId: tenantOf(request), requestId: request.id, ip: request.ip, atMs };
}

async function prove(services: Services, { bearer = "", isToken, ...about }: Credential): Promise<Caller> {
  if (isToken) return signIn(services, { token: bearer, ...about });
  const identity = isApiKey(bearer)
    ? await services.database.asSystem((system) => system.findApiKey(sha256Hex(bearer)))
    : undefined;
  if (!identity) throw new ApiError("UNAUTHENTICATED", "Send a valid API key: `Authorization: Bearer isth_…`.");
  const { tenantId, requestId, ip } = about;
  // A program that works for several tenants and takes the wrong key finds out before it changes something.
  if (tenantId !== undefined && tenantId.toLowerCase() !== identity.tenantId) {
    throw new ApiError("UNAUTHENTICATED", "This API key is not of the tenant that Isthmus-Tenant names.");
  }
  return { ...identity, requestId, ip };
}

/** Requires the platform key on every route of the scope that it is registered in. */
export const platformAuthenticationPlugin = fastifyPlugin((app, services: Services, done) => {
  const { platformKey } = services.settings;
  app.addHook("onRequest", async (request) => {
    if (platformKey === undefined) {
      throw new ApiError(
        "PLATFORM_KEY_NOT_CONFIGURED",
        "The service runs without ISTHMUS_PLATFORM_KEY, so tenants cannot be managed.",
      );
    }
    if (!sameKey(bearerOf(request) ?? "", platformKey)) {
      // No tenant's audit is the place for it: it may be somebody who tries keys.
      services.logger.warn({ requestId: request.id, ip: request.ip }, "A platform key was refused");
      throw new ApiError("UNAUTHENTICATED", "Send the platform key: `Authorization: Bearer …`.");
    }
  });
  done();
});

/** Who sent the request. Only on routes behind {@link authenticationPlugin}. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller) return request.caller;
  throw new Error("This route is not behind the authentication plugin.");
}

/** As the header `Isthmus-Tenant` names it. */
function tenantOf(request: FastifyRequest): string | undefined {
  const header = request.headers["isthmus-tenant"];
  return typeof header === "string" ? header : undefined;
}

function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer +([^\s]+) *$/i.exec(request.headers.authorization ?? "")?.[1];
}

/** Of equal digests, so that the time depends on neither key. */
function sameKey(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(sha256Hex(left)), Buffer.from(sha256Hex(right)));
}
