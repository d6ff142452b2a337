import cors, { type FastifyCorsOptions } from "@fastify/cors";
import type { FastifyInstance, FastifyRequest } from "fastify";

const shared = {
  // Browsers send no cookie along, and show no answer to a page that asks them to.
  credentials: false,
  methods: ["GET", "HEAD", "POST", "PATCH", "DELETE"],
  allowedHeaders: [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "isthmus-emergency",
    "isthmus-tenant",
    "x-request-id",
  ],
  exposedHeaders: [
    "etag",
    "idempotency-replayed",
    "isthmus-change-request",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "x-request-id",
  ],
  maxAge: 600,
} satisfies FastifyCorsOptions;

/**
 * Lets pages of exactly these origins call `/v1` with a key of their own. The addresses that people's browsers open, and
 * those for vendors and operators, stay closed to all pages.
 */
export async function registerCors(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  const allowed = new Set(origins);
  await app.register(cors, {
    delegator: async (request: FastifyRequest): Promise<FastifyCorsOptions> => {
      const { origin } = request.headers;
      const isForPages = request.url.startsWith("/v1/");
      // Anything else that is called OPTIONS is answered as any route that is not there.
      const isPreflight = request.headers["access-control-request-method"] !== undefined;
      const isOpen = origin !== undefined && allowed.has(origin) && isForPages;
      return { ...shared, origin: isOpen && (request.method !== "OPTIONS" || isPreflight) ? origin : false };
    },
  });
}
