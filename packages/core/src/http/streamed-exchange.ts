import { Readable } from "node:stream";
import { Exchange, type ExchangeRequest, type ExchangeWatcher } from "./exchange.js";
import { WaitingRoom } from "./waiting-room.js";

/** What of an unwanted body is read, so that its connection can serve again; beyond that the connection is ended. */
const drainBytes = 64 * 1024;

/** A try whose answer is handed on while it arrives. */
export class StreamedExchange extends Exchange {
  readonly body: Readable;
  readonly #answered: (exchange: StreamedExchange) => void;
  #discarding = false;
  #whole = false;
  #isRead = false;
  /** What came before somebody read: a page that is asked for ahead waits for minutes. */
  readonly #waiting = new WaitingRoom();

  /** @param answered - Called once with this exchange, when the headers are there or the try has failed. */
  constructor(request: ExchangeRequest, watcher: ExchangeWatcher, answered: (exchange: StreamedExchange) => void) {
    super(request, watcher);
    this.#answered = answered;
    this.body = new Readable({
      // A piece is held and little more: what waits for a reader lives into V8's old generation, where buffers are counted late.
      highWaterMark: 16 * 1024,
      read: () => {
        this.#isRead = true;
        // It is read again when that has been taken.
        if (!this.#handOnWaiting()) this.resume();
      },
      destroy: (error, callback) => {
        this.#waiting.clear();
        // Ended by the reader before its end: the connection still carries the rest, so it goes too.
        if (!this.#whole) this.stop("cancelled", error ?? "destroyed by its reader");
        callback(error);
      },
    });
    // A body may fail when nobody listens (any more). An "error" event without a listener ends the process; whoever reads
    // the body still sees the failure.
    this.body.on("error", () => undefined);
  }

  /** Lets go of a body that nobody wants, and of its connection if the body is long. */
  discard(): void {
    this.#discarding = true;
    this.body.resume();
  }

  protected override begin(): void {
    this.#answered(this);
  }

  protected override receive(chunk: Buffer): boolean {
    if (this.#discarding) {
      if (this.received > drainBytes) this.stop("cancelled");
      return true;
    }
    const wantsMore = !this.#isRead && this.#waiting.tryAdd(chunk) ? !this.#waiting.isFull : this.#push(chunk);
    if (!wantsMore) this.controller?.pause();
    return wantsMore;
  }

  protected override finish(): void {
    this.#whole = true;
    this.#handOnWaiting();
    if (this.failure === undefined) this.body.push(null);
    else this.body.destroy(this.failure.error);
    // Without headers nobody has been answered yet; promises ignore a second answer.
    this.#answered(this);
  }

  #push(chunk: Buffer): boolean {
    this.#handOnWaiting();
    return this.body.push(chunk);
  }

  /** @returns Whether there was anything. */
  #handOnWaiting(): boolean {
    const piece = this.#waiting.take();
    if (piece !== undefined) this.body.push(piece);
    return piece !== undefined;
  }
}
