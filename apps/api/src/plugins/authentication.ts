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
  app.addHook("onRequest", async (request) => {
    const bearer = bearerOf(request);
    const tenantId = tenantOf(request);
    const about = { requestId: request.id, ip: request.ip };
    if (bearer !== undefined && tokenPattern.test(bearer)) {
      request.caller = await signIn(services, { token: bearer, tenantId, ...about });
      return;
    }
    const identity =
      bearer !== undefined && isApiKey(bearer)
        ? await services.database.asSystem((system) => system.findApiKey(sha256Hex(bearer)))
        : undefined;
    if (!identity) {
      if (bearer !== undefined && isApiKey(bearer)) await refusedKeys.note(sha256Hex(bearer), request);
      throw new ApiError("UNAUTHENTICATED", "Send a valid API key: `Authorization: Bearer isth_…`.");
    }
    // A program that works for several tenants and takes the wrong key finds out before it changes something.
    if (tenantId !== undefined && tenantId.toLowerCase() !== identity.tenantId) {
      throw new ApiError("UNAUTHENTICATED", "This API key is not of the tenant that Isthmus-Tenant names.");
    }
    keyUse.note(identity.apiKeyId);
    const caller = { ...identity, ...about };
    await keyUse.audit(caller);
    request.caller = caller;
  });
  done();
});

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
