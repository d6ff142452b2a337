import { ConflictError } from "@isthmus/core";

/** Codes of the failures that the database house itself reports. Stable, part of the API. */
export type DatabaseErrorCode =
  /** The database cannot be reached or is too busy; the same call may succeed later. */
  | "DATABASE_UNAVAILABLE"
  /** Another process holds the embedded data directory. */
  | "DATA_DIRECTORY_LOCKED"
  /** A migration failed, now or earlier, and a person has to look. */
  | "MIGRATION_FAILED"
  /** A migration that was applied has been edited since. */
  | "MIGRATION_CHANGED"
  /** A unit of work was opened inside another. A defect of the caller. */
  | "NESTED_UNIT_OF_WORK";

/** Base of the failures of the database house. No message holds a value of a row or a password. */
export class DatabaseError extends Error {
  override readonly name: string = "DatabaseError";
  readonly code: DatabaseErrorCode;
  /** Whether the same call may succeed later without anyone changing anything. */
  readonly retryable: boolean;

  constructor(code: DatabaseErrorCode, message: string, options: ErrorOptions & { readonly retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** The database cannot be reached, ended the connection, or did not answer in time. Nothing is known to be lost. */
export class DatabaseUnavailableError extends DatabaseError {
  override readonly name = "DatabaseUnavailableError";
  constructor(reason: string, options?: ErrorOptions) {
    super("DATABASE_UNAVAILABLE", `The database is unavailable: ${reason}. Try again later.`, {
      ...options,
      retryable: true,
    });
  }
}

/** Who holds the lock of an embedded data directory. */
export interface LockHolder {
  /** Process id on `host`. */
  readonly pid: number;
  /** Host name of the machine. */
  readonly host: string;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
}

/** A second process on one embedded data directory would lose acknowledged rows, so it is refused. */
export class DataDirectoryLockedError extends DatabaseError {
  override readonly name = "DataDirectoryLockedError";
  /** The other process; `undefined` in the moment between its lock and its note. */
  readonly holder: LockHolder | undefined;

  constructor(dataDirectory: string, holder: LockHolder | undefined) {
    const who = holder ? `process ${holder.pid} on ${holder.host}, since ${holder.startedAt}` : "another process";
    super(
      "DATA_DIRECTORY_LOCKED",
      `The data directory ${dataDirectory} is in use by ${who}. Stop it, choose another ISTHMUS_DATA, or set DATABASE_URL to share one PostgreSQL server.`,
    );
    this.holder = holder;
  }
}

/** A unit of work inside another would wait for itself on the embedded database, and escape its tenant on a server. */
export class NestedUnitOfWorkError extends DatabaseError {
  override readonly name = "NestedUnitOfWorkError";
  constructor() {
    super("NESTED_UNIT_OF_WORK", "A unit of work was opened inside another one. Use the repositories already at hand.");
  }
}

/** A row with this value exists already. Code `CONFLICT`. */
export class UniqueViolationError extends ConflictError {
  /** The fields that have to be unique within the tenant, such as `connectorCode`; empty for one a caller cannot set. */
  readonly fields: readonly string[];
  constructor(fields: readonly string[]) {
    super(`Another record already has this ${fields.join(" and ") || "value"}.`);
    this.fields = fields;
  }
}

/** The row changed since the caller read it. Code `CONFLICT`. */
export class StaleVersionError extends ConflictError {
  /** The version that the row has now. */
  readonly currentVersion: number;
  constructor(what: string, currentVersion: number) {
    super(
      `The ${what} has changed meanwhile: it is at version ${currentVersion}. Read it again and repeat the change.`,
    );
    this.currentVersion = currentVersion;
  }
}
