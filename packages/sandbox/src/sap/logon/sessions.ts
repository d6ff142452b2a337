import { BoundedMap } from "../../shared/bounded-map.js";
import { isSameSecret } from "../../shared/client-credentials.js";
import type { Clock, RandomBytes } from "../../shared/clock.js";
import type { SapSettings } from "../settings.js";
import type { SapLogon } from "./sap-request.js";

/** A security session: who logged on, and the token that its changes need. */
export interface SecuritySession {
  id: string;
  user: string;
  client: string;
  method: SapLogon["method"];
  csrf: { token: string; cookie: string } | undefined;
  lastUsedAt: number;
}

/** Sessions that may be open at once; the oldest ends beyond it. */
const capacity = 2_000;

/** The security sessions of the system; one ends when it was not used for `sessionLifetimeMs`. */
export class Sessions {
  readonly #sessions = new BoundedMap<string, SecuritySession>(capacity);
  readonly #parts: { clock: Clock; random: RandomBytes; settings: SapSettings };

  constructor(parts: { clock: Clock; random: RandomBytes; settings: SapSettings }) {
    this.#parts = parts;
  }

  begin(user: string, client: string, method: SapLogon["method"]): SecuritySession {
    const id = this.#newValue(24);
    const session = { id, user, client, method, csrf: undefined, lastUsedAt: this.#parts.clock() };
    this.#sessions.set(id, session);
    return session;
  }

  /** The session of a cookie, now used; `undefined` when it has ended or is of another client. */
  use(id: string | undefined, client: string): SecuritySession | undefined {
    const session = id === undefined ? undefined : this.#sessions.get(id);
    if (session === undefined || session.client !== client) return undefined;
    const now = this.#parts.clock();
    if (now - session.lastUsedAt > this.#parts.settings.sessionLifetimeMs) {
      this.#sessions.delete(session.id);
      return undefined;
    }
    session.lastUsedAt = now;
    return session;
  }

  /** The session's CSRF token with the cookie that goes with it; made when first asked for. */
  csrfOf(session: SecuritySession): { token: string; cookie: string } {
    session.csrf ??= { token: this.#newValue(16), cookie: this.#newValue(16) };
    return session.csrf;
  }

  /** Whether a change may go through: token and cookie are this session's. */
  isCsrfGood(id: string, token: string | undefined, cookie: string | undefined): boolean {
    const csrf = this.#sessions.get(id)?.csrf;
    if (csrf === undefined || token === undefined || cookie === undefined) return false;
    return isSameSecret(csrf.token, token) && isSameSecret(csrf.cookie, cookie);
  }

  find(id: string): SecuritySession | undefined {
    return this.#sessions.get(id);
  }

  /** Ends all. @returns how many there were. */
  endAll(): number {
    const count = this.#sessions.size;
    this.#sessions.clear();
    return count;
  }

  #newValue(bytes: number): string {
    return Buffer.from(this.#parts.random(bytes)).toString("base64url");
  }
}
