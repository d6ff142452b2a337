import type { SealContext, Vault } from "@isthmus/core";
import type { Caller } from "../authorization/index.js";
import type { HeldKeyRepository, IdempotencyClaim, IdempotencyKeyRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import type { RequestFacts } from "./request-facts.js";

/** A request with a key that is to be noted. */
export interface NotableRequest {
  /** UUID v7 of the row. */
  readonly id: string;
  /** SHA-256 of the caller's key, lower-case hexadecimal. */
  readonly keyHash: string;
  readonly facts: RequestFacts;
}

/** A request that is noted under a key, and what opens its answer. */
export interface NotedRequest {
  readonly row: IdempotencyKeyRow;
  readonly vault: Vault;
}

/** The keys of those who share them: of a person of a tenant, or of whoever has the platform key. */
export interface KeyBook {
  /** `undefined` = they are the platform's. */
  readonly tenantId: string | undefined;
  /** Where people find what became of a request. */
  readonly auditPath: string;
  /** Where the keyed digest of a request, and its sealed answer, live: they open there and nowhere else. */
  place(id: string, field: "fingerprint" | "answer"): SealContext;
  /**
   * Notes a request unless there is one of its key.
   *
   * @returns The one that is noted under the key then; `undefined` when it went in this very moment.
   */
  note(request: NotableRequest, claim: IdempotencyClaim): Promise<NotedRequest | undefined>;
  /** Runs `work` in one unit of work. */
  run<T>(work: (keys: HeldKeyRepository) => Promise<T>): Promise<T>;
}

/** How long a key is kept, in milliseconds. */
export const keptForMs = 86_400_000;

/** The keys of a person of a tenant. What is noted is under the tenant's data key. */
export function openPersonsKeys(
  { database, vault }: Services,
  { tenantId, userId, requestId }: Pick<Caller, "tenantId" | "userId" | "requestId">,
): KeyBook {
  const place: KeyBook["place"] = (id, field) => ({ tenantId, table: "idempotency_keys", recordId: id, field });
  return {
    tenantId,
    auditPath: "/v1/audit-events",
    place,
    async note({ id, keyHash, facts }, claim) {
      const fingerprint = await vault.digest(facts, place(id, "fingerprint"));
      const row = await database.asTenant(
        tenantId,
        async ({ idempotencyKeys }) =>
          (await idempotencyKeys.note({ id, userId, keyHash, fingerprint, requestId, keptForMs }, claim)) ??
          (await idempotencyKeys.find(userId, keyHash)),
      );
      return row && { row, vault };
    },
    run: (work) => database.asTenant(tenantId, ({ idempotencyKeys }) => work(idempotencyKeys)),
  };
}
