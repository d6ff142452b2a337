import { timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";
import type { Caller } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import { isApiKey, sha256Hex } from "../keys/api-key.js";
import { KeyUse } from "../keys/key-use.js";
import { RefusedKeys } from "../keys/refused-keys.js";
import type { Services } from "../services.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Set on every route behind {@link authenticationPlugin}. */
    caller: Caller | null;
  }
}

/** Requires a tenant's API key on every route of the scope that it is registered in. */
export const authenticationPlugin = fastifyPlugin((app, services: Services, done) => {
  const keyUse = new KeyUse(services);
  const refusedKeys = new RefusedKeys(services);
  app.decorateRequest("caller", null);
  app.addHook("onRequest", async (request) => {
    const key = bearerOf(request);
    const identity =
      key !== undefined && isApiKey(key)
        ? await services.database.asSystem((system) => system.findApiKey(sha256Hex(key)))
        : undefined;
    if (!identity) {
      if (key !== undefined && isApiKey(key)) await refusedKeys.note(sha256Hex(key), request);
      throw new ApiError("UNAUTHENTICATED", "Send a valid API key: `Authorization: Bearer isth_…`.");
    }
    keyUse.note(identity.apiKeyId);
    const caller = { ...identity, requestId: request.id, ip: request.ip };
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

function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer +([^\s]+) *$/i.exec(request.headers.authorization ?? "")?.[1];
}

/** Of equal digests, so that the time depends on neither key. */
function sameKey(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(sha256Hex(left)), Buffer.from(sha256Hex(right)));
}
