import { BoundedMap } from "../../shared/bounded-map.js";
import type { SalesOrder } from "../business-data.js";
import type { RfcSystem, SapUser } from "./rfc-system.js";

/** What one ABAP session remembers between the steps of a client. */
export interface AbapSession {
  /** The value of `sap-contextid`; `undefined` for a session that ends with its request. */
  readonly id: string | undefined;
  readonly user: SapUser;
  /** Orders that wait for COMMIT WORK. */
  pendingOrders: SalesOrder[];
  /** Milliseconds of the last use. */
  usedAt: number;
}

/** The sessions that clients keep open. At most 1 000; the oldest is ended for a new one. */
export class AbapSessions {
  readonly #parts: Pick<RfcSystem, "clock" | "random" | "settings" | "systemId">;
  readonly #sessions = new BoundedMap<string, AbapSession>(1_000);

  constructor(parts: Pick<RfcSystem, "clock" | "random" | "settings" | "systemId">) {
    this.#parts = parts;
  }

  /** A session for one request. */
  stateless(user: SapUser): AbapSession {
    return { id: undefined, user, pendingOrders: [], usedAt: this.#parts.clock() };
  }

  /** A session that lasts until it is closed or unused for too long. */
  open(user: SapUser): AbapSession {
    // The shape that application servers give out: SID:ANON:<host>_<SID>_<nr>:<secret>-ATT, percent-encoded.
    const secret = Buffer.from(this.#parts.random(20)).toString("base64url");
    const id = `SID%3aANON%3asandbox_${this.#parts.systemId}_00%3a${secret}-ATT`;
    const session: AbapSession = { id, user, pendingOrders: [], usedAt: this.#parts.clock() };
    this.#sessions.set(id, session);
    return session;
  }

  /** The session behind a cookie; `undefined` when it ended, or belongs to another user. */
  resume(id: string, user: SapUser): AbapSession | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined || session.user.name !== user.name) return undefined;
    if (this.#parts.clock() - session.usedAt > this.#parts.settings.abapSessionTimeoutMs) {
      this.#sessions.delete(id);
      return undefined;
    }
    session.usedAt = this.#parts.clock();
    return session;
  }

  /** Ends a session; what it had not committed is gone. */
  close(session: AbapSession): void {
    if (session.id !== undefined) this.#sessions.delete(session.id);
    session.pendingOrders = [];
  }

  /** Ends all of them. */
  clear(): void {
    this.#sessions.clear();
  }

  get size(): number {
    return this.#sessions.size;
  }
}
