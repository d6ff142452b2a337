import fastifyPlugin from "fastify-plugin";
import { ApiError } from "../errors/index.js";
import { RateLimiter, type RateLimitSettings, rateLimitHeaders, rateWindowMs } from "../limits/index.js";
import type { Services } from "../services.js";
import { callerOf } from "./authentication.js";

/** What {@link rateLimitsPlugin} needs. */
export interface RateLimitsOptions {
  readonly services: Pick<Services, "clock">;
  readonly rateLimits: RateLimitSettings;
}

/**
 * Limits the requests of each key and of each tenant, on every route of the scope that it is registered in, behind the
 * authentication. A request counts when it comes, however long its body or its answer takes; one that is refused does not.
 * Each process counts for itself.
 */
export const rateLimitsPlugin = fastifyPlugin((app, { services, rateLimits }: RateLimitsOptions, done) => {
  const limiterOf = (quota: number) => new RateLimiter({ clock: services.clock, quota, windowMs: rateWindowMs });
  const keys = rateLimits.perKey > 0 ? limiterOf(rateLimits.perKey) : undefined;
  const tenants = rateLimits.perTenant > 0 ? limiterOf(rateLimits.perTenant) : undefined;
  app.addHook("onRequest", async (request, reply) => {
    const { tenantId, apiKeyId, userId } = callerOf(request);
    const limits = [
      ...(keys ? [{ name: "key", limiter: keys, of: apiKeyId ?? userId }] : []),
      ...(tenants ? [{ name: "tenant", limiter: tenants, of: tenantId }] : []),
    ];
    const refusing = limits.find(({ limiter, of }) => !limiter.look(of).isFree);
    if (refusing === undefined) for (const { limiter, of } of limits) limiter.charge(of);
    reply.headers(rateLimitHeaders(limits.map((limit) => ({ ...limit, state: limit.limiter.look(limit.of) }))));
    if (refusing === undefined) return;
    const { retryAfterMs } = refusing.limiter.look(refusing.of);
    throw new ApiError("TOO_MANY_REQUESTS", `Too many requests of this ${refusing.name}. Go on after Retry-After.`, {
      retryAfterMs,
    });
  });
  done();
});
