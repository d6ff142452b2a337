import { Exchange, type ExchangeRequest, type ExchangeWatcher } from "./exchange.js";
import { BufferedResponse } from "./response.js";

const empty = Buffer.alloc(0);

/** A try whose answer is read into memory. */
export class BufferedExchange extends Exchange {
  readonly #done: (exchange: BufferedExchange) => void;
  readonly #chunks: Buffer[] = [];

  /** @param done - Called once with this exchange, when the answer is whole or the try has failed. */
  constructor(request: ExchangeRequest, watcher: ExchangeWatcher, done: (exchange: BufferedExchange) => void) {
    super(request, watcher);
    this.#done = done;
  }

  /** The answer. Only when there is no `failure`. */
  response(): BufferedResponse {
    const chunks = this.#chunks;
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, this.received);
    return new BufferedResponse(this.status, this.headers, body ?? empty);
  }

  /** The body is in memory already: nothing to let go of. */
  discard(): void {
    this.#chunks.length = 0;
  }

  protected override begin(): void {}

  protected override receive(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    return true;
  }

  protected override finish(): void {
    this.#done(this);
  }
}
