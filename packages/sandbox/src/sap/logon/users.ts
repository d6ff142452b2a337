import { isSameSecret } from "../../shared/client-credentials.js";

/** A user of the system. */
export interface SapUser {
  /** Case does not matter. */
  name: string;
  /** Default: none, so that only a certificate or a token logs on. */
  password?: string;
  /** Locked by an administrator from the start. Default false. */
  locked?: boolean;
}

/** How a password logon ended. A locked user is told the same as one with a wrong password, as in a real system. */
export type PasswordCheck = "good" | "wrong" | "locked";

interface UserEntry extends SapUser {
  failures: number;
  lockedByFailures: boolean;
}

/** The users, and how often each has failed in a row. */
export class Users {
  readonly #initial: readonly SapUser[];
  #users = new Map<string, UserEntry>();

  constructor(users: readonly SapUser[]) {
    this.#initial = users;
    this.clear();
  }

  /** Back to the first day: nobody has failed. */
  clear(): void {
    const entries = this.#initial.map((user) => ({ ...user, failures: 0, lockedByFailures: false }));
    this.#users = new Map(entries.map((user) => [user.name.toUpperCase(), user]));
  }

  has(name: string): boolean {
    return this.#users.has(name.toUpperCase());
  }

  isLocked(name: string): boolean {
    const user = this.#users.get(name.toUpperCase());
    return user !== undefined && (user.locked === true || user.lockedByFailures);
  }

  /** Checks a password; a wrong one counts, and the last of `failsToLock` in a row locks the user. */
  check(name: string, password: string, failsToLock: number): PasswordCheck {
    const user = this.#users.get(name.toUpperCase());
    if (user === undefined) return "wrong";
    if (user.locked === true || user.lockedByFailures) return "locked";
    if (user.password !== undefined && isSameSecret(user.password, password)) {
      user.failures = 0;
      return "good";
    }
    user.failures += 1;
    user.lockedByFailures = user.failures >= failsToLock;
    return "wrong";
  }

  /** Takes the lock of failed logons away (SU01). @returns whether there was one. */
  unlock(name: string): boolean {
    const user = this.#users.get(name.toUpperCase());
    if (user === undefined || !user.lockedByFailures) return false;
    Object.assign(user, { failures: 0, lockedByFailures: false });
    return true;
  }
}
