import type { AbandonRequest, BeginRequest, CommitRequest, TokenStore } from "../../src/oauth/index.js";

/** A store on the way to which failures can be put: the one below it is real. */
export class FaultyStore implements TokenStore {
  readonly below: TokenStore;
  /** How many calls of each method are still to fail. */
  readonly failures = { load: 0, begin: 0, commit: 0, abandon: 0, amend: 0, clear: 0 };
  /** What a failing call throws. */
  failure: (method: string) => unknown = (method) => new Error(`The storage is away (${method})`);
  /** Awaited after each claim, before its answer is handed out. */
  afterBegin: () => Promise<void> = async () => undefined;
  /** Awaited before each commit reaches the store. */
  beforeCommit: () => Promise<void> = async () => undefined;
  /** Awaited after each record was read, before it is handed out. */
  afterLoad: () => Promise<void> = async () => undefined;

  constructor(below: TokenStore) {
    this.below = below;
  }

  async load() {
    this.#fail("load");
    const record = await this.below.load();
    await this.afterLoad();
    return record;
  }

  async begin(request: BeginRequest) {
    this.#fail("begin");
    const result = await this.below.begin(request);
    await this.afterBegin();
    return result;
  }

  async commit(attemptId: string, request: CommitRequest) {
    await this.beforeCommit();
    this.#fail("commit");
    return this.below.commit(attemptId, request);
  }

  async abandon(attemptId: string, request: AbandonRequest) {
    this.#fail("abandon");
    return this.below.abandon(attemptId, request);
  }

  async amend(version: number, request: CommitRequest) {
    this.#fail("amend");
    return this.below.amend?.(version, request) ?? this.below.load();
  }

  async clear() {
    this.#fail("clear");
    return this.below.clear();
  }

  #fail(method: keyof FaultyStore["failures"]): void {
    if (this.failures[method] <= 0) return;
    this.failures[method] -= 1;
    throw this.failure(method);
  }
}
