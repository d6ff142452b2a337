import { type OperationRun, type OperationRuns, operationRunSchema, operationRunsSchema } from "./answers.js";
import type { AuditStep } from "./audit/answers.js";
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

  /** Lets the service verify the audit: how far it is, and at last what was found. */
  verifyAudit(expectHead: string | undefined): AsyncGenerator<AuditStep, void> {
    return this.verify("/v1/audit-events/verify", expectHead);
  }
}
