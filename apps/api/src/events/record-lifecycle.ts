import type { ConnectionIdentity, EventBus, Logger } from "@isthmus/core";
import type { Database } from "../database/index.js";
import type { ConnectionFacts, NewAuditEvent } from "../repositories/index.js";

/** What the recorder works with. */
export interface RecorderOptions {
  readonly events: EventBus;
  readonly database: Database;
  readonly logger: Logger;
}

/**
 * Writes down what connectors do by themselves: renewed tokens, and grants that only a person can mend. What a person
 * does is audited by the action that does it.
 */
export function recordLifecycle({ events, database, logger }: RecorderOptions): void {
  const record = async (
    { tenantId, connectorId }: ConnectionIdentity,
    event: Omit<NewAuditEvent, "targetType" | "targetId">,
    facts?: ConnectionFacts,
  ): Promise<void> => {
    if (tenantId === undefined || connectorId === undefined) return;
    await database.asTenant(tenantId, async ({ connectors, auditEvents }) => {
      // The connector may have been deleted meanwhile; the event is still worth keeping.
      const there = facts && (await connectors.findById(connectorId));
      if (facts && there) await connectors.recordConnection(connectorId, facts);
      await auditEvents.append({ ...event, targetType: "connector", targetId: connectorId });
    });
  };

  events.on("token.refreshed", ({ connection, version }) =>
    record(connection, { action: "token.refreshed", outcome: "success", details: { version } }),
  );
  events.on("token.refresh_failed", ({ connection, code, failures }) => {
    logger.warn({ connectorId: connection.connectorId, code, failures }, "A token was not refreshed");
    return record(connection, { action: "token.refresh_failed", outcome: "failure", details: { code, failures } });
  });
  events.on("connector.reconnect_required", ({ connection, code }) => {
    logger.warn({ connectorId: connection.connectorId, code }, "A connector needs a person to authorise it again");
    const event = { action: "connector.reconnect_required", outcome: "failure", details: { code } } as const;
    return record(connection, event, { status: "reconnect_required" });
  });
}
