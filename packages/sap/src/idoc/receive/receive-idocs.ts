import { codeOf, type InboundAnswer, type Logger, silentLogger } from "@isthmus/core";
import type { Idoc } from "../idoc.js";
import { parseIdocs } from "../parse-idoc.js";
import { idocInbound, toIdocId } from "./idoc-inbound.js";
import type { InboxStore } from "./inbox-store.js";

/** What a receiver is made of. */
export interface ReceiveIdocsOptions {
  readonly store: InboxStore;
  /** Does the work of one IDoc. What it throws leaves the IDoc pending. */
  readonly handler: (idoc: Idoc, id: string) => Promise<void>;
  /** Credentials that SAP's HTTP destination may send: see `idocInbound`. None is a refusal of everything. */
  readonly secrets: readonly string[];
  readonly logger?: Logger;
}

/** Receives IDocs for a program of its own, without the service. */
export interface IdocReceiver {
  /**
   * Takes one delivery: proves it, stores its IDocs, answers. The handler works afterwards, on its own.
   *
   * @param headers - Names in lower case.
   * @throws {AuthenticationError} when it does not carry the credentials: answer 401.
   * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is no IDoc: answer 400. What the store throws: answer 500, and SAP
   * sends again.
   */
  receive(rawBody: Buffer, headers: Readonly<Record<string, string | undefined>>): Promise<InboundAnswer>;
  /**
   * Hands everything that is pending to the handler: call it when the program starts, for what a crash left, and from time to
   * time, for what the handler failed at.
   *
   * @returns how many the handler failed at; they stay pending.
   */
  handlePending(): Promise<number>;
}

/**
 * From SAP's at-least-once to the handler's exactly-once.
 *
 * An IDoc is stored before SAP hears 200, so that none is lost; stored once by its id, so that a second delivery does nothing;
 * and handed over, one after the other in the order of arrival, until the handler has returned and the store has noted it.
 *
 * The boundary: a program that dies after the handler's work is done and before the store has noted it hands the IDoc over
 * again at its next start. Where that must not be, do both in one transaction: keep the store in the database that the handler
 * writes to, and let the handler set the mark itself (`markHandled` is called afterwards and changes nothing then). And one
 * store belongs to one running receiver: two of them would hand the same pending IDoc over twice.
 */
export function receiveIdocs(options: ReceiveIdocsOptions): IdocReceiver {
  return new StoringReceiver(options);
}

class StoringReceiver implements IdocReceiver {
  readonly #options: ReceiveIdocsOptions;
  readonly #logger: Logger;
  /** The round that is under way, and whether another has to follow it. */
  #round: Promise<number> | undefined;
  #again = false;

  constructor(options: ReceiveIdocsOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
  }

  async receive(rawBody: Buffer, headers: Readonly<Record<string, string | undefined>>): Promise<InboundAnswer> {
    idocInbound.verify(rawBody, headers, this.#options.secrets);
    const entries = parseIdocs(rawBody).map((idoc) => ({ id: toIdocId(idoc), idoc }));
    for (const entry of entries) await this.#options.store.putIfAbsent(entry);
    this.#handleLater();
    return idocInbound.acknowledge();
  }

  async handlePending(): Promise<number> {
    if (this.#round) {
      this.#again = true;
      return await this.#round;
    }
    const round = this.#work();
    this.#round = round;
    try {
      return await round;
    } finally {
      // Where it threw; otherwise the next one may have begun already.
      if (this.#round === round) this.#round = undefined;
    }
  }

  #handleLater(): void {
    this.handlePending().catch((error: unknown) => {
      this.#logger.error({ code: codeOf(error) }, "The store of received IDocs cannot be read. They stay pending.");
    });
  }

  async #work(): Promise<number> {
    let failed = 0;
    do {
      this.#again = false;
      failed = 0;
      for await (const { id, idoc } of this.#options.store.pending()) {
        if (!(await this.#handle(id, idoc))) failed += 1;
      }
      // What came in while this round was reading may not have been in it.
    } while (this.#again);
    // At once: whoever comes before the last look has set `again`, and whoever comes after it begins a round of their own.
    this.#round = undefined;
    return failed;
  }

  async #handle(id: string, idoc: Idoc): Promise<boolean> {
    try {
      await this.#options.handler(idoc, id);
      await this.#options.store.markHandled(id);
      return true;
    } catch (error) {
      this.#logger.error({ code: codeOf(error), id }, "An IDoc was not handled. It stays pending.");
      return false;
    }
  }
}
