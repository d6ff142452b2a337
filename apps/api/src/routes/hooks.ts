import type { FastifyPluginAsyncZod, ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { deliveryLimitBytes, receiveDelivery } from "../actions/receive-delivery.js";
import { drain, LimitedBody } from "../content/index.js";
import { DeliveryDesk } from "../inbound/delivery-desk.js";
import { RefusedDeliveries } from "../inbound/refused-deliveries.js";
import type { Services } from "../services.js";
import { problemContent, problemResponses } from "./schemas/common.js";

/** How long the next piece of a delivery may take, in milliseconds: what has come of it takes up room. */
const stallMs = 10_000;

const querySchema = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** `/hooks/{type}/{endpointId}`: where vendors deliver. Whoever sends has no key, only a signature. */
export const hookRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  const reception = { desk: new DeliveryDesk(services.clock), refusals: new RefusedDeliveries(services) };
  await app.register(async (inner) => {
    const scope = inner.withTypeProvider<ZodTypeProvider>();
    // The signature is over the bytes, whatever they call themselves.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    scope.post(
      "/hooks/:type/:endpointId",
      {
        config: { quietRefusals: true },
        schema: {
          tags: ["inbound"],
          security: [],
          summary: "Deliver, as a vendor",
          description: `At most ${deliveryLimitBytes} bytes, or what the type allows; signed as the vendor does. Answered once it is stored; 503 asks for it again. An endpoint that is not there and a wrong signature are told alike.`,
          operationId: "receiveDelivery",
          params: z.object({ type: z.string(), endpointId: z.string() }),
          response: {
            "2xx": {
              description: "Taken. The body is what the vendor wants to read, if anything.",
              content: { "*/*": { schema: z.unknown() } },
            },
            ...problemResponses,
            503: problemContent("Not stored; send it again."),
          },
        },
      },
      async (request, reply) => {
        const { type, endpointId } = request.params;
        try {
          const answer = await receiveDelivery(services, reception, {
            type,
            endpointId,
            readBody: (limitBytes) => new LimitedBody(request.raw, limitBytes, stallMs),
            headers: join(request.headers),
            query: join(querySchema.parse(request.query)),
            requestId: request.id,
            ip: request.ip,
          });
          if (answer.contentType !== undefined) reply.type(answer.contentType);
          return reply.code(answer.status).serializer(String).send(answer.body);
        } finally {
          drain(request.raw);
        }
      },
    );
  });
};

/** What came several times, as one text. */
function join(
  values: Readonly<Record<string, string | readonly string[] | undefined>>,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === "object" ? value.join(", ") : value]),
  );
}
