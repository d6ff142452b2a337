import { givesContent, type Operation, takesContent } from "@isthmus/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod, ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { changesRecords, findRunnable, listOperations, type Runnable } from "../actions/connector-operations.js";
import { type OperationRequest, openOperation, runOperation } from "../actions/run-operation.js";
import { startOperationRun } from "../actions/start-operation-run.js";
import { streamOperation } from "../actions/stream-operation.js";
import { drain, readContent, readJson, readQueryInput, sendContent } from "../content/index.js";
import { ApiError } from "../errors/index.js";
import { letArrive } from "../plugins/arrival.js";
import { callerOf } from "../plugins/authentication.js";
import { keyOf } from "../plugins/claim-or-replay.js";
import { answerOnce } from "../plugins/idempotency.js";
import { assertPlainInput } from "../plugins/plain-input.js";
import { defaultBulkContentLimitMib, defaultContentLimitBytes, type Services } from "../services.js";
import { sendNdjson, wantsNdjson } from "./ndjson.js";
import { readSignal } from "./request-signal.js";
import { idParametersSchema, pageOf, problemResponses } from "./schemas/common.js";
import { operationSchema } from "./schemas/connector-types.js";
import { streamSignal } from "./stream-signal.js";

const parametersSchema = idParametersSchema.extend({ operation: z.string().max(100) });
const querySchema = z.record(z.string(), z.unknown());

/** `/v1/connectors/{id}/operations`: what a connector can do, and doing it. */
export const operationRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/connectors/:id/operations",
    {
      schema: {
        tags: ["operations"],
        summary: "List what the connector can do",
        operationId: "listOperations",
        params: idParametersSchema,
        response: { 200: pageOf(operationSchema), ...problemResponses },
      },
    },
    (request) => listOperations(services, callerOf(request), request.params.id),
  );

  await app.register(async (inner) => {
    const scope = inner.withTypeProvider<ZodTypeProvider>();
    // Only the operation tells what the body is, so nothing is read before it is known.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    // Hidden: the document has a path for each operation, with its own schemas.
    scope.post(
      "/v1/connectors/:id/operations/:operation",
      {
        config: { idempotency: "by-handler" },
        schema: { hide: true, params: parametersSchema, querystring: querySchema },
      },
      async (request, reply) => {
        try {
          const { id, operation } = request.params;
          await answer(services, await findRunnable(services, callerOf(request), id, operation), request, reply);
        } finally {
          drain(request.raw);
        }
        return reply;
      },
    );
  });
};

/** What only reads is done anew, whatever key comes with it: doing it twice is no harm, and its answer is out of date. */
async function answer(services: Services, runnable: Runnable, request: FastifyRequest, reply: FastifyReply) {
  const { operation } = runnable;
  const isOnce = changesRecords(operation) && keyOf(request) !== undefined;
  if (isOnce) assertKept(operation, request);
  const call = await readCall(services, runnable, request, reply);
  if (!isOnce) return run(services, runnable, request, reply, call);
  await answerOnce(services, request, reply, call.content?.body, (once) =>
    run(services, runnable, request, reply, { ...call, ...(once && { once }) }),
  );
}

/** An answer that is sent as it comes is not kept. */
function assertKept(operation: Operation, request: FastifyRequest): void {
  if (!givesContent(operation) && !(wantsNdjson(request) && operation.kind !== "bulk")) return;
  throw new ApiError(
    "IDEMPOTENCY_KEY_UNSUPPORTED",
    "Idempotency-Key is honoured where the answer of a write is JSON. Ask for JSON, or leave the key out.",
  );
}

type Call = Awaited<ReturnType<typeof readCall>> & Pick<OperationRequest, "once">;

async function run(
  services: Services,
  runnable: Runnable,
  request: FastifyRequest,
  reply: FastifyReply,
  call: Call,
): Promise<void> {
  const { operation } = runnable;
  const { readSignal: signal } = call;
  try {
    if (operation.kind === "bulk") {
      // Where beginning fails, too, the caller is told where the run is.
      const noted = (runId: string) => void reply.header("location", `/v1/operation-runs/${runId}`);
      const started = await startOperationRun(services, { caller: callerOf(request), runnable, request: call, noted });
      reply.code(202).send(started);
    } else if (wantsNdjson(request) && !givesContent(operation)) {
      await streamOperation(services, callerOf(request), runnable, call, (items) =>
        sendNdjson(request, reply, items, signal),
      );
    } else if (givesContent(operation)) {
      await openOperation(services, callerOf(request), runnable, call, (content) =>
        sendContent(request, reply, content, signal),
      );
    } else {
      const output = await runOperation(services, callerOf(request), runnable, call);
      if (output === undefined) reply.code(204).send();
      else reply.type("application/json").send(JSON.stringify(output));
    }
  } catch (error) {
    throw call.content?.body.failure ?? error;
  }
}

async function readCall(services: Services, { operation }: Runnable, request: FastifyRequest, reply: FastifyReply) {
  const isStreamed = operation.kind !== "bulk" && (givesContent(operation) || wantsNdjson(request));
  const signal = isStreamed ? streamSignal(request, reply, services) : readSignal(reply, services);
  // What has no end of its own would hold up the service's.
  const isEndless = operation.kind === "stream";
  const call = { readSignal: isEndless ? AbortSignal.any([signal, services.stopping]) : signal };
  if (!takesContent(operation)) {
    return { ...call, input: (await readJson(request)) ?? {}, content: undefined };
  }
  const content = readContent(request, operation, limitFor(services, operation));
  letArrive(request);
  const input = readQueryInput(operation, querySchema.parse(request.query), content.fileName);
  assertPlainInput(input);
  const { fileName = content.fileName } = input;
  return { ...call, input, content: { ...content, ...(typeof fileName === "string" && { fileName }) } };
}

/** Largest body, in bytes: what is loaded in bulk is larger than a file. */
function limitFor({ settings }: Services, { kind }: Operation): number {
  if (kind !== "bulk") return settings.contentLimitBytes ?? defaultContentLimitBytes;
  return settings.bulkContentLimitBytes ?? defaultBulkContentLimitMib * 1024 * 1024;
}
