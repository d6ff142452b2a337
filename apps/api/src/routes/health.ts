import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { checkReadiness } from "../actions/check-readiness.js";
import type { Services } from "../services.js";
import { problemContent } from "./schemas/common.js";

const tags = ["health"];
const okSchema = z.object({ status: z.literal("ok") });

/** `/healthz`: the process answers. `/readyz`: it can work. Neither needs a key. */
export const healthRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/healthz",
    {
      schema: {
        tags,
        summary: "Whether the process answers",
        operationId: "health",
        security: [],
        response: { 200: okSchema },
      },
    },
    async () => ({ status: "ok" as const }),
  );
  app.get(
    "/readyz",
    {
      schema: {
        tags,
        summary: "Whether the service can work",
        operationId: "readiness",
        security: [],
        response: { 200: okSchema, 503: problemContent("The database is away, or the service is stopping.") },
      },
    },
    async () => {
      await checkReadiness(services);
      return { status: "ok" as const };
    },
  );
};
