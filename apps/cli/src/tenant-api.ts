import { type OperationRun, type OperationRuns, operationRunSchema, operationRunsSchema } from "./answers.js";
import type { AuditStep } from "./audit/answers.js";
import { deliveriesSchema, deliverySchema, replayedSchema, webhooksSchema } from "./deliveries/answers.js";
import { ServiceApi } from "./service-api.js";

/** Which runs are listed. */
export interface RunFilter {
  readonly connector?: string;
  readonly status?: string;
}

/** The part of the HTTP API that needs a tenant's API key. Every method throws a {@link CommandFailure}. */
export class TenantApi extends ServiceApi {
  /** The newest runs. */
  listRuns({ connector, status }: RunFilter): Promise<OperationRuns> {
    const query = new URLSearchParams({
      limit: "20",
      ...(connector !== undefined && { connectorId: connector }),
      ...(status !== undefined && { status }),
    });
    return this.call("GET", `/v1/operation-runs?${query}`, operationRunsSchema);
  }

  getRun(id: string): Promise<OperationRun> {
    return this.call("GET", `/v1/operation-runs/${encodeURIComponent(id)}`, operationRunSchema);
  }

  cancelRun(id: string): Promise<OperationRun> {
    return this.call("POST", `/v1/operation-runs/${encodeURIComponent(id)}/cancel`, operationRunSchema);
  }

  /** The newest webhooks. */
  listWebhooks() {
    return this.call("GET", "/v1/webhooks?limit=20", webhooksSchema);
  }

  /** The newest deliveries of a webhook that were given up. */
  listDeadDeliveries(webhookId: string) {
    const query = new URLSearchParams({ status: "dead", limit: "20" });
    return this.call("GET", `/v1/webhooks/${encodeURIComponent(webhookId)}/deliveries?${query}`, deliveriesSchema);
  }

  replayWebhook(webhookId: string) {
    return this.call("POST", `/v1/webhooks/${encodeURIComponent(webhookId)}/replay`, replayedSchema);
  }

  replayDelivery(deliveryId: string) {
    return this.call("POST", `/v1/deliveries/${encodeURIComponent(deliveryId)}/replay`, deliverySchema);
  }

  /** Lets the service verify the audit: how far it is, and at last what was found. */
  verifyAudit(expectHead: string | undefined): AsyncGenerator<AuditStep, void> {
    return this.verify("/v1/audit-events/verify", expectHead);
  }
}
