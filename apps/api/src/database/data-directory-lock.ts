import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DataDirectoryLockedError, type LockHolder } from "./errors.js";

/** A lock that is held. */
export interface DataDirectoryLock {
  /** Frees it. Doing it twice is the same as once. */
  release(): void;
}

// Holds every lock's file open: one that nobody referred to any more would be closed by the garbage collector, and the
// lock would be free while its database is still in use.
const heldLocks = new Set<DatabaseSync>();

/**
 * Takes the exclusive lock of an embedded data directory, creating the directory where it is missing.
 *
 * The lock is an open exclusive SQLite transaction: the kernel frees its file lock when the process ends, `kill -9`
 * included, so a stale lock cannot exist. Who holds it is written to `lock-holder.json` beside it, for people.
 *
 * @throws {DataDirectoryLockedError} At once when another process (or another caller in this one) holds it.
 */
export function lockDataDirectory(dataDirectory: string): DataDirectoryLock {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const holderFile = join(dataDirectory, "lock-holder.json");
  const lock = new DatabaseSync(join(dataDirectory, "lock.sqlite"), { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (isBusy(error)) throw new DataDirectoryLockedError(dataDirectory, readHolder(holderFile));
    throw error;
  }
  const holder: LockHolder = { pid: process.pid, host: hostname(), startedAt: new Date().toISOString() };
  writeFileSync(holderFile, `${JSON.stringify(holder)}\n`);
  heldLocks.add(lock);
  return {
    release() {
      if (!heldLocks.delete(lock)) return;
      rmSync(holderFile, { force: true });
      lock.close();
    },
  };
}

// SQLITE_BUSY, and SQLITE_BUSY_* in the low byte. https://www.sqlite.org/rescode.html#busy
function isBusy(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, "errcode") : undefined;
  return typeof code === "number" && (code & 0xff) === 5;
}

function readHolder(holderFile: string): LockHolder | undefined {
  let text: string;
  try {
    text = readFileSync(holderFile, "utf8");
  } catch {
    return undefined; // locked a moment ago and not written yet
  }
  const value: unknown = text.trim() === "" ? undefined : JSON.parse(text);
  if (typeof value !== "object" || value === null) return undefined;
  const { pid, host, startedAt } = value as Partial<Record<keyof LockHolder, unknown>>;
  if (typeof pid !== "number" || typeof host !== "string" || typeof startedAt !== "string") return undefined;
  return { pid, host, startedAt };
}
