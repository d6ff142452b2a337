import { type FastifyBaseLogger, type FastifyInstance, type FastifyPluginAsync, fastify, LogController } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { arrivalPlugin } from "./plugins/arrival.js";
import { authenticationPlugin, platformAuthenticationPlugin } from "./plugins/authentication.js";
import { answerClientError } from "./plugins/client-error.js";
import { registerDocs } from "./plugins/docs.js";
import { acceptEmptyJson } from "./plugins/json-body.js";
import { metricsPlugin } from "./plugins/metrics.js";
import { registerOpenApi } from "./plugins/openapi.js";
import { plainInputPlugin } from "./plugins/plain-input.js";
import { problemPlugin, sendProblem } from "./plugins/problem.js";
import { requestContextPlugin, requestIdOf } from "./plugins/request-context.js";
import { stoppingPlugin } from "./plugins/stopping.js";
import { platformRoutes, publicRoutes, tenantRoutes } from "./routes/index.js";
import type { Services } from "./services.js";

/** What the HTTP side is made with, beside what the actions need. */
export interface ServerOptions {
  readonly services: Services;
  /** Pino's interface. */
  readonly logger: FastifyBaseLogger;
  /** Whether browsers reach the service by https: then HSTS is sent, and cookies are `Secure`. */
  readonly https: boolean;
}

/** Largest body of a request, in bytes. */
const bodyLimit = 4 * 1024 * 1024;

/** How long a request may take to arrive, in milliseconds; its answer may take longer. */
const arrivalTimeoutMs = 120_000;

/** The same for a body that an operation takes as a stream: as fast as the vendor does. */
const contentTimeoutMs = 1_800_000;

/** Builds the HTTP server from parts handed in. It does not listen yet. */
export async function buildServer({ services, logger, https }: ServerOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: logger,
    // Its own lines hold addresses; requestContextPlugin writes one without.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf,
    bodyLimit,
    // Fastify's default is no limit: a caller who sends a byte a minute would hold its connection for ever.
    requestTimeout: contentTimeoutMs,
    clientErrorHandler: answerClientError,
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
  await app.register(requestContextPlugin, { https });
  await app.register(metricsPlugin, services);
  await app.register(arrivalPlugin, { timeoutMs: arrivalTimeoutMs });
  await app.register(problemPlugin);
  await app.register(stoppingPlugin, services);
  await app.register(plainInputPlugin);
  await registerOpenApi(app, services);
  registerDocs(app);
  await app.register(async (scope) => {
    for (const routes of publicRoutes) await scope.register(routes, services);
  });
  await app.register(protectedScope(authenticationPlugin, tenantRoutes), services);
  await app.register(protectedScope(platformAuthenticationPlugin, platformRoutes), services);
  return app;
}

type Routes = FastifyPluginAsync<Services>;

function protectedScope(guard: typeof authenticationPlugin, routes: readonly Routes[]): FastifyPluginAsync<Services> {
  return async (scope, services) => {
    await scope.register(guard, services);
    for (const each of routes) await scope.register(each, services);
  };
}
