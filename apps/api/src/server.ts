import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { CredentialGuesses, defaultRateLimits, type RateLimitSettings } from "./limits/index.js";
import { arrivalPlugin } from "./plugins/arrival.js";
import { authenticationPlugin, platformAuthenticationPlugin } from "./plugins/authentication.js";
import { clientErrorHandler } from "./plugins/client-error.js";
import { registerCors } from "./plugins/cors.js";
import { credentialGuessesPlugin } from "./plugins/credential-guesses.js";
import { registerDocs } from "./plugins/docs.js";
import { createHttpServer } from "./plugins/http-server.js";
import { idempotencyPlugin, keysOfPerson, keysOfPlatform } from "./plugins/idempotency.js";
import { acceptEmptyJson } from "./plugins/json-body.js";
import { metricsPlugin } from "./plugins/metrics.js";
import { registerOpenApi } from "./plugins/openapi.js";
import { plainInputPlugin } from "./plugins/plain-input.js";
import { problemPlugin, sendProblem } from "./plugins/problem.js";
import { rateLimitsPlugin } from "./plugins/rate-limits.js";
import { requestContextPlugin, requestIdOf } from "./plugins/request-context.js";
import { stoppingPlugin } from "./plugins/stopping.js";
import { linkRoutes, platformRoutes, publicRoutes, tenantRoutes } from "./routes/index.js";
import type { Services } from "./services.js";

/** What the HTTP side is made with, beside what the actions need. */
export interface ServerOptions {
  readonly services: Services;
  /** Pino's interface. */
  readonly logger: FastifyBaseLogger;
  /** Whether browsers reach the service by https: then HSTS is sent, and cookies are `Secure`. */
  readonly https: boolean;
  /** Default: the default rate limits, no foreign origins, no proxies. */
  readonly edges?: Partial<EdgeSettings>;
}

/** Who may come how often, from where. */
export interface EdgeSettings {
  readonly rateLimits: RateLimitSettings;
  /** Origins whose pages may call the API. */
  readonly corsOrigins: readonly string[];
  /** Addresses and networks (CIDR) of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
}

/** Largest body of a request, in bytes. */
const bodyLimit = 4 * 1024 * 1024;

/** How long a request may take to arrive, in milliseconds; its answer may take longer. */
const arrivalTimeoutMs = 120_000;

/** The same for a body that an operation takes as a stream: as fast as the vendor does. */
const contentTimeoutMs = 1_800_000;

/** How long an idle connection is kept, in milliseconds: longer than load balancers keep theirs, so that they end it first. */
const keepAliveTimeoutMs = 72_000;

/** Builds the HTTP server from parts handed in. It does not listen yet. */
export async function buildServer({ services, logger, https, edges }: ServerOptions): Promise<FastifyInstance> {
  const { rateLimits = defaultRateLimits, corsOrigins = [], trustedProxies = [] } = edges ?? {};
  const { refusedPerAddress } = rateLimits;
  const guesses = refusedPerAddress > 0 ? new CredentialGuesses(services.clock, refusedPerAddress) : undefined;
  const app = fastify({
    loggerInstance: logger,
    // Its own lines hold addresses; requestContextPlugin writes one without.
    // The id is named as in all other lines, so that one search finds all of a request.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: requestIdOf,
    bodyLimit,
    // Fastify's default is no limit: a caller who sends a byte a minute would hold its connection for ever.
    requestTimeout: contentTimeoutMs,
    serverFactory: (handle) =>
      createHttpServer(handle, { https, requestTimeoutMs: contentTimeoutMs, keepAliveTimeoutMs }),
    clientErrorHandler: clientErrorHandler(https),
    // false, and not an empty list: with a list, headers of a proxy have a say in the host's name.
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    // The longest part of a path that a route allows: an entity's name.
    routerOptions: { maxParamLength: 255 },
    // stoppingPlugin says so in a problem document.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    frameworkErrors: (error, request, reply) => {
      sendProblem(error, request, reply);
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  acceptEmptyJson(app);
  await app.register(requestContextPlugin);
  await app.register(metricsPlugin, services);
  await app.register(arrivalPlugin, { timeoutMs: arrivalTimeoutMs });
  await app.register(problemPlugin);
  await app.register(stoppingPlugin, services);
  await registerCors(app, corsOrigins);
  await app.register(plainInputPlugin);
  await registerOpenApi(app, services);
  registerDocs(app);
  await app.register(async (scope) => {
    for (const routes of publicRoutes) await scope.register(routes, services);
  });
  await app.register(async (scope) => {
    await scope.register(credentialGuessesPlugin, { guesses, place: "address" });
    for (const routes of linkRoutes) await scope.register(routes, services);
  });
  await app.register(async (scope) => {
    await scope.register(credentialGuessesPlugin, { guesses, place: "authorization" });
    await scope.register(authenticationPlugin, services);
    await scope.register(rateLimitsPlugin, { services, rateLimits });
    await scope.register(idempotencyPlugin, { services, keysOf: keysOfPerson });
    for (const routes of tenantRoutes) await scope.register(routes, services);
  });
  await app.register(async (scope) => {
    await scope.register(credentialGuessesPlugin, { guesses, place: "authorization" });
    await scope.register(platformAuthenticationPlugin, services);
    await scope.register(idempotencyPlugin, { services, keysOf: keysOfPlatform });
    for (const routes of platformRoutes) await scope.register(routes, services);
  });
  return app;
}
