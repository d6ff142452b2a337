import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendJson } from "../../shared/sandbox-server.js";
import { isJsonObject } from "../data/json.js";
import type { JsonObject } from "../data/records.js";
import { authenticationFailed, authorizationFailed } from "../gateway-fault.js";
import { paymentScope } from "../oauth/scopes.js";
import type { QuickbooksState } from "../state.js";
import { invalidPayment, PaymentFault } from "./payment-fault.js";
import { PaymentService } from "./payment-service.js";
import type { PaymentAnswer } from "./payment-store.js";

type ByIds = { Params: { id: string; refundId: string } };

/** Adds the Payments API. Its company is that of the token: no path names one. Intuit's rate limits of it are not played. */
export function addPaymentRoutes(app: FastifyInstance, state: QuickbooksState): void {
  void app.register(async (api) => addRoutes(api, state), { prefix: "/quickbooks/v4/payments" });
}

function addRoutes(api: FastifyInstance, state: QuickbooksState): void {
  api.setErrorHandler((error, _request, reply) => {
    const fault = isWrongBody(error) ? invalidPayment("body", "The body is not JSON.") : error;
    // What is not of this API is the gateway's: the host's handler tells it.
    if (!(fault instanceof PaymentFault)) throw error;
    return sendJson(reply, fault.status, fault.toBody());
  });
  const serve = (request: FastifyRequest): PaymentService => new PaymentService(state, admit(request, state));
  const write = (request: FastifyRequest, reply: FastifyReply, work: (service: PaymentService) => JsonObject) =>
    sendOnce(request, reply, serve(request), work);

  api.post("/tokens", (request, reply) => write(request, reply, (service) => service.createToken(bodyOf(request))));
  api.post("/charges", (request, reply) => write(request, reply, (service) => service.charge(bodyOf(request))));
  api.post("/echecks", (request, reply) => write(request, reply, (service) => service.echeck(bodyOf(request))));
  api.post<ByIds>("/charges/:id/capture", (request, reply) =>
    write(request, reply, (service) => service.capture(request.params.id, bodyOf(request))),
  );
  for (const kind of ["charge", "echeck"] as const) {
    api.get<ByIds>(`/${kind}s/:id`, async (request, reply) =>
      sendJson(reply, 200, serve(request).read(kind, request.params.id)),
    );
    api.post<ByIds>(`/${kind}s/:id/refunds`, (request, reply) =>
      write(request, reply, (service) => service.refund(kind, request.params.id, bodyOf(request))),
    );
    api.get<ByIds>(`/${kind}s/:id/refunds/:refundId`, async (request, reply) =>
      sendJson(reply, 200, serve(request).readRefund(kind, request.params.id, request.params.refundId)),
    );
  }
}

/** The realm that the token is good for. The form of this API's own 401 and 403 was not verified: they are the gateway's. */
function admit(request: FastifyRequest, state: QuickbooksState): string {
  const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const accessToken = token === undefined ? undefined : state.grants.findAccessToken(token);
  if (accessToken === undefined) {
    throw authenticationFailed(token === undefined ? "Malformed bearer token" : "Token expired or revoked");
  }
  if (!accessToken.scopes.includes(paymentScope)) throw authorizationFailed(accessToken.userId);
  return accessToken.userId;
}

/** Does `work` once for a `Request-Id`: what comes with it again gets the first answer, refusals included. */
async function sendOnce(
  request: FastifyRequest,
  reply: FastifyReply,
  service: PaymentService,
  work: (service: PaymentService) => JsonObject,
): Promise<FastifyReply> {
  const requestId = request.headers["request-id"];
  if (typeof requestId !== "string" || requestId === "" || requestId.length > 50) {
    throw invalidPayment("Request-Id", "The header Request-Id is required, of at most 50 characters.");
  }
  const { replays } = service.company;
  const answer = replays.get(requestId) ?? perform(() => work(service));
  replays.set(requestId, answer);
  return sendJson(reply, answer.status, answer.body);
}

function perform(work: () => JsonObject): PaymentAnswer {
  try {
    return { status: 201, body: work() };
  } catch (error) {
    if (!(error instanceof PaymentFault)) throw error;
    return { status: error.status, body: error.toBody() };
  }
}

function bodyOf(request: FastifyRequest): JsonObject {
  if (isJsonObject(request.body)) return request.body;
  throw invalidPayment("body", "The body must be a JSON object.");
}

function isWrongBody(error: unknown): boolean {
  return error instanceof Error && "statusCode" in error && Number(error.statusCode) < 500;
}
