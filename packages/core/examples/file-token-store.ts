import { randomUUID } from "node:crypto";
import { open, readFile, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import {
  type AbandonRequest,
  type BeginRequest,
  type BeginResult,
  type Clock,
  type CommitRequest,
  type DataKeyRecord,
  type DataKeyStore,
  LocalKeyring,
  type SealContext,
  systemClock,
  type TokenRecord,
  type TokenStore,
  TransientError,
  Vault,
  wrappedKeySchema,
} from "@isthmus/core";
import { z } from "zod";

/** Runs `work` while no other process, and nobody else in this one, does so under the same lock file. */
async function withLock<Result>(path: string, waitMs: number, work: () => Promise<Result>): Promise<Result> {
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    // Not the wall clock: nobody should wait longer because somebody has set it back.
    const untilMs = performance.now() + waitMs;
    while (!tryLock(lock)) {
      if (performance.now() > untilMs) throw new TransientError("TIMEOUT", `${path} has been locked for ${waitMs} ms.`);
      await delay(2 + 10 * Math.random());
    }
    return await work();
  } finally {
    lock.close();
  }
}

function tryLock(lock: DatabaseSync): boolean {
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    // SQLITE_BUSY in the low byte. https://www.sqlite.org/rescode.html#busy
    const code: unknown = Reflect.get(Object(error), "errcode");
    if (typeof code === "number" && (code & 0xff) === 5) return false;
    throw error;
  }
}

/** Replaces a file as a whole. Under the file's lock: what a killed process left half-written is simply overwritten. */
async function replaceFile(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(JSON.stringify(value));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  // The new name is an entry of the folder, and durable when the folder is.
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** `undefined` when there is no such file yet. Needs no lock: a rename shows the old file or the new one. */
async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (Reflect.get(Object(error), "code") !== "ENOENT") throw error;
    // "Nobody has connected yet" would be the wrong answer to a disk that is not mounted.
    await stat(dirname(path));
    return undefined;
  }
}

const dataKeysSchema = z.array(
  z.strictObject({ id: z.string(), tenantId: z.string(), wrapped: wrappedKeySchema }).readonly(),
);

/** Keeps wrapped data keys in `data-keys.json` of a folder that exists. */
export class FileDataKeyStore implements DataKeyStore {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, "data-keys");
  }

  async current(tenantId: string): Promise<DataKeyRecord | undefined> {
    return (await this.#read()).find((record) => record.tenantId === tenantId);
  }

  async find(tenantId: string, dataKeyId: string): Promise<DataKeyRecord | undefined> {
    return (await this.#read()).find((record) => record.tenantId === tenantId && record.id === dataKeyId);
  }

  insert(record: DataKeyRecord): Promise<DataKeyRecord> {
    return withLock(`${this.#path}.lock`, 5_000, async () => {
      const winner = await this.current(record.tenantId);
      // Of a winner that is not ours nobody knows whether it was made durable: writing it again makes it so.
      const others = (await this.#read()).filter(({ tenantId }) => tenantId !== record.tenantId);
      await replaceFile(`${this.#path}.json`, [...others, winner ?? record]);
      return winner ?? record;
    });
  }

  async #read(): Promise<readonly DataKeyRecord[]> {
    return dataKeysSchema.parse((await readJson(`${this.#path}.json`)) ?? []);
  }
}

/** Seals with a keyring such as `k1:base64`, made by `LocalKeyring.generate()` and kept anywhere but in this folder. */
export function openFileVault(folder: string, keyring: string): Vault {
  return new Vault({ keyProvider: LocalKeyring.parse(keyring), dataKeys: new FileDataKeyStore(folder) });
}

const pauseSchema = z.strictObject({ untilMs: z.number(), lengthMs: z.number() });

const stateSchema = z.strictObject({
  version: z.int(),
  // Loose: what a newer release of core adds to a set must come back as it was.
  tokens: z
    .looseObject({
      accessToken: z.string(),
      tokenType: z.string(),
      refreshToken: z.string().optional(),
      expiresAtMs: z.number().optional(),
      issuedAtMs: z.number(),
      scope: z.string().optional(),
      attributes: z.record(z.string(), z.string()),
      rotates: z.boolean().optional(),
      reconnectBeforeMs: z.number().optional(),
    })
    .optional(),
  status: z.enum(["active", "reconnect_required"]),
  failures: z.int(),
  retry: pauseSchema.optional(),
  /** Begun, and not ended yet. Without a lease: nobody is at it any more, and its outcome is unknown. */
  attempt: z.strictObject({ id: z.string(), repeated: z.boolean(), lease: pauseSchema.optional() }).optional(),
  /** The attempt whose tokens are the current ones: its commit may be repeated. */
  landed: z.string().optional(),
});

type State = z.infer<typeof stateSchema>;

const empty: State = { version: 0, status: "active", failures: 0 };

/** What is left of a pause, in milliseconds, by a wall clock that may have been set meanwhile. */
function leftOf(pause: z.infer<typeof pauseSchema> | undefined, nowMs: number): number {
  if (pause === undefined) return 0;
  const leftMs = pause.untilMs - nowMs;
  // Set back by more than the whole pause: without this, a clock that was wrong for a day would hold it for a day.
  if (leftMs > 2 * pause.lengthMs) return 0;
  return Math.max(0, Math.min(leftMs, pause.lengthMs));
}

function startPause(lengthMs: number, nowMs: number): z.infer<typeof pauseSchema> {
  return { untilMs: nowMs + lengthMs, lengthMs };
}

function toRecord({ version, tokens, status, failures, retry }: State, nowMs: number): TokenRecord {
  return { version, tokens, status, failures, retryInMs: leftOf(retry, nowMs) };
}

/** What a method answers, and what is written before it does. Without `next`, nothing is. */
interface Change<Answer> {
  readonly next?: State;
  readonly answer: Answer;
}

type Landing = Awaited<ReturnType<TokenStore["commit"]>>;

/** What a {@link FileTokenStore} is made of. */
export interface FileTokenStoreOptions {
  /** On a local disk, for the owner only (0700). It has to exist. */
  readonly folder: string;
  /** Unique in the folder. */
  readonly connectionId: string;
  /** With data keys that outlive the process, such as {@link openFileVault}'s. */
  readonly vault: Vault;
  /** Whose data key seals the file. Default `local`. */
  readonly tenantId?: string;
  /** How long a method waits for another process's, in milliseconds, before it fails. Default 5 000. */
  readonly lockWaitMs?: number;
  /** The same for all processes. Default: the machine's. */
  readonly clock?: Clock;
}

/** Keeps one connection's tokens in a sealed file that the processes of one machine share. */
export class FileTokenStore implements TokenStore {
  readonly #path: string;
  readonly #place: SealContext;
  readonly #vault: Vault;
  readonly #lockWaitMs: number;
  readonly #clock: Clock;

  constructor({ folder, connectionId, vault, tenantId, lockWaitMs, clock }: FileTokenStoreOptions) {
    this.#path = join(folder, `connection-${encodeURIComponent(connectionId)}`);
    this.#place = { tenantId: tenantId ?? "local", table: "token-files", recordId: connectionId, field: "state" };
    this.#vault = vault;
    this.#lockWaitMs = lockWaitMs ?? 5_000;
    this.#clock = clock ?? systemClock;
  }

  async load(): Promise<TokenRecord> {
    return toRecord(await this.#read(), this.#clock.now());
  }

  begin(request: BeginRequest): Promise<BeginResult> {
    return this.#change<BeginResult>((state, nowMs) => {
      const { attempt } = state;
      const record = toRecord(state, nowMs);
      const claim = (repeated: boolean): Change<BeginResult> => {
        const id = randomUUID();
        const next = { ...state, attempt: { id, repeated, lease: startPause(request.leaseMs, nowMs) } };
        return { next, answer: { outcome: "begun", attemptId: id, record } };
      };
      if (request.purpose === "authorize") return claim(false);
      if (record.status === "reconnect_required") return { answer: { outcome: "reconnect_required", record } };
      if (request.version !== record.version) return { answer: { outcome: "superseded", record } };
      if (attempt === undefined) return claim(false);
      const leaseMs = leftOf(attempt.lease, nowMs);
      if (leaseMs > 0) return { answer: { outcome: "held", leaseMs } };
      if (attempt.id === request.repeats) return claim(true);
      return { answer: { outcome: "ambiguous", attemptId: attempt.id, repeated: attempt.repeated, record } };
    });
  }

  commit(attemptId: string, { tokens }: CommitRequest): Promise<Landing> {
    return this.#change<Landing>((state, nowMs) => {
      if (state.attempt?.id === attemptId) {
        const next: State = { ...empty, version: state.version + 1, tokens: { ...tokens }, landed: attemptId };
        return { next, answer: { outcome: "committed", record: toRecord(next, nowMs) } };
      }
      const record = toRecord(state, nowMs);
      if (state.landed !== attemptId) return { answer: { outcome: "superseded", record } };
      // The first commit may have failed between the new name and its durability: write it again before saying yes.
      return { next: state, answer: { outcome: "committed", record } };
    });
  }

  abandon(attemptId: string, { outcome, retryInMs = 0 }: AbandonRequest): Promise<void> {
    return this.#change((state, nowMs) => {
      const { attempt, ...rest } = state;
      if (attempt?.id !== attemptId) return { answer: undefined };
      // It was given up: all that can still be said of it is that it never was sent.
      if (state.status === "reconnect_required" && outcome !== "not_spent") return { answer: undefined };
      const failed: State = { ...rest, status: "active", failures: state.failures + 1 };
      if (outcome === "grant_gone") return { next: { ...failed, status: "reconnect_required" }, answer: undefined };
      if (outcome === "given_up") {
        // Its answer may still come, and is the only way to the grant then.
        const next: State = { ...failed, status: "reconnect_required", attempt: { id: attemptId, repeated: false } };
        return { next, answer: undefined };
      }
      const next = { ...failed, retry: startPause(retryInMs, nowMs) };
      // The send of a repeat that did not happen leaves the send before it as doubtful as it was.
      const ambiguous = outcome === "unknown" || attempt.repeated;
      if (!ambiguous) return { next, answer: undefined };
      const repeated = outcome === "unknown" && attempt.repeated;
      // It leaves its place to an attempt without a holder, so that its end may be told twice.
      const id = outcome === "unknown" ? attemptId : randomUUID();
      return { next: { ...next, attempt: { id, repeated } }, answer: undefined };
    });
  }

  clear(): Promise<void> {
    return this.#change(({ version, tokens }) => {
      // The file stays: a version that began again at 0 could be mistaken for an old one.
      return { next: { ...empty, version: tokens === undefined ? version : version + 1 }, answer: undefined };
    });
  }

  #change<Answer>(decide: (state: State, nowMs: number) => Change<Answer>): Promise<Answer> {
    return withLock(`${this.#path}.lock`, this.#lockWaitMs, async () => {
      const { next, answer } = decide(await this.#read(), this.#clock.now());
      if (next !== undefined) await replaceFile(`${this.#path}.json`, await this.#vault.seal(next, this.#place));
      return answer;
    });
  }

  async #read(): Promise<State> {
    const sealed = await readJson(`${this.#path}.json`);
    return sealed === undefined ? empty : stateSchema.parse(await this.#vault.open(sealed, this.#place));
  }
}
