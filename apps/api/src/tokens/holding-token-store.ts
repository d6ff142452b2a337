import { type CommitRequest, MemoryTokenStore, type TokenRecord } from "@isthmus/core";

/** Keeps the tokens of one authorisation in this process until it is known whether they are wanted. */
export class HoldingTokenStore extends MemoryTokenStore {
  #held: CommitRequest | undefined;

  /** What the vendor granted; `undefined` = nothing. */
  get held(): CommitRequest | undefined {
    return this.#held;
  }

  override async commit(
    attemptId: string,
    request: CommitRequest,
  ): Promise<{ readonly outcome: "committed" | "superseded"; readonly record: TokenRecord }> {
    const committed = await super.commit(attemptId, request);
    if (committed.outcome === "committed") this.#held = request;
    return committed;
  }

  override async amend(version: number, request: CommitRequest): Promise<TokenRecord> {
    this.#held = request;
    return super.amend(version, request);
  }
}
