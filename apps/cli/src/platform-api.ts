import { type Keys, keysSchema, type Rotation, rotationSchema } from "./answers.js";
import type { AuditStep } from "./audit/answers.js";
import { deadLettersSchema, replayedSchema, sinksSchema } from "./deliveries/answers.js";
import { ServiceApi } from "./service-api.js";

/** Which dead letters of a sink. */
export interface DeadLetterFilter {
  readonly sink: string;
  /** Only this tenant's. */
  readonly tenant?: string;
}

/** The part of the HTTP API that needs the platform key. Every method throws a {@link CommandFailure}. */
export class PlatformApi extends ServiceApi {
  getKeys(): Promise<Keys> {
    return this.call("GET", "/v1/keys", keysSchema);
  }

  beginRotation(dataKeys: boolean): Promise<Rotation> {
    return this.call("POST", "/v1/keys/rotate", rotationSchema, { dataKeys });
  }

  getRotation(id: string): Promise<Rotation> {
    return this.call("GET", `/v1/keys/rotations/${id}`, rotationSchema);
  }

  stopRotation(id: string): Promise<Rotation> {
    return this.call("POST", `/v1/keys/rotations/${id}/stop`, rotationSchema);
  }

  resumeRotation(id: string): Promise<Rotation> {
    return this.call("POST", `/v1/keys/rotations/${id}/resume`, rotationSchema);
  }

  listSinks() {
    return this.call("GET", "/v1/platform/sinks", sinksSchema);
  }

  /** The newest events that a sink does not take. */
  listDeadLetters({ sink, tenant }: DeadLetterFilter) {
    const query = new URLSearchParams({ sink, limit: "20", ...(tenant !== undefined && { tenantId: tenant }) });
    return this.call("GET", `/v1/platform/dead-letters?${query}`, deadLettersSchema);
  }

  replayDeadLetters({ sink, tenant, event }: DeadLetterFilter & { readonly event?: string }) {
    return this.call("POST", "/v1/platform/dead-letters/replay", replayedSchema, {
      sink,
      ...(tenant !== undefined && { tenantId: tenant }),
      ...(event !== undefined && { eventId: event }),
    });
  }

  /** Lets the service verify the platform's own audit: how far it is, and at last what was found. */
  verifyAudit(expectHead: string | undefined): AsyncGenerator<AuditStep, void> {
    return this.verify("/v1/platform/audit-events/verify", expectHead);
  }
}
