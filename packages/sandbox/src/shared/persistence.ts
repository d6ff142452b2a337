import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { GrantSnapshot, GrantStore } from "./grant-store.js";
import { StateFile } from "./state-file.js";

/** Keeps grants and records across restarts. */
export interface Persistence {
  /** Loads what an earlier run left. @returns whether there were records. */
  restore(): boolean;
  grantsChanged(): void;
  recordsChanged(): void;
  /** Writes changed grants now: a rotated refresh token must be on disk before the client gets it. */
  flushGrants(): void;
  /** Writes everything that changed. */
  close(): void;
}

/** Records of any vendor that can be written down and read back. */
export interface PersistedRecords {
  snapshot(): unknown;
  /** @returns false when `saved` is not what `snapshot` makes; nothing is changed then. */
  restore(saved: unknown): boolean;
}

/** Persistence that keeps nothing. */
export const noPersistence: Persistence = {
  restore: () => false,
  grantsChanged: () => undefined,
  recordsChanged: () => undefined,
  flushGrants: () => undefined,
  close: () => undefined,
};

/**
 * Two files: `path` for grants, written before each answer that changes them, and beside it `….records.json`, written
 * within half a second of a change (a killed process may lose that much).
 */
export function createPersistence(
  path: string,
  stores: { grants: GrantStore; records: PersistedRecords },
  log: (message: string) => void,
): Persistence {
  mkdirSync(dirname(path), { recursive: true });
  const report = (error: unknown): void =>
    log(`State was not saved: ${error instanceof Error ? error.message : error}`);
  const grants = new StateFile(path, () => stores.grants.snapshot(), report);
  const recordsPath = `${path.replace(/\.json$/, "")}.records.json`;
  const records = new StateFile(recordsPath, () => stores.records.snapshot(), report);
  return {
    restore: () => {
      const [savedGrants, savedRecords] = [grants.read(), records.read()];
      if (isGrantSnapshot(savedGrants)) stores.grants.restore(savedGrants);
      return stores.records.restore(savedRecords);
    },
    grantsChanged: () => grants.markChanged(),
    recordsChanged: () => records.markChanged(),
    flushGrants: () => grants.flush(),
    close: () => {
      grants.flush();
      records.flush();
    },
  };
}

// The files are the sandbox's own and carry a version: their outline is enough to tell them from something else.
function isGrantSnapshot(value: unknown): value is GrantSnapshot {
  return (
    typeof value === "object" && value !== null && "grants" in value && "spent" in value && "accessTokens" in value
  );
}
