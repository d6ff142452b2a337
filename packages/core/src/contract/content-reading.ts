import { ConnectorError } from "../errors/index.js";
import { type BinaryContent, discardContent } from "./binary-content.js";

/** What {@link ContentReading} does around the body that it hands on. */
export interface ContentReadingOptions {
  /** Turns what the body throws into what the reader sees. */
  readonly mapFailure: (error: unknown) => ConnectorError;
  /** Told once: the body was read to its end, its reader stopped, or it failed. */
  readonly ended: (failure?: ConnectorError) => void;
}

/**
 * A body that can be read once, and tells how that ended. A class and not a generator: a generator that is ended before it
 * has begun runs nothing, and the connection behind the body would stay open.
 */
export class ContentReading implements AsyncIterableIterator<Uint8Array> {
  readonly #content: BinaryContent;
  readonly #options: ContentReadingOptions;
  #source: AsyncIterator<Uint8Array> | undefined;
  #isTaken = false;
  #isOver = false;

  constructor(content: BinaryContent, options: ContentReadingOptions) {
    this.#content = content;
    this.#options = options;
  }

  /** @throws {ConnectorError} `INTERNAL` the second time: the bytes are gone. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    if (this.#isTaken) throw new ConnectorError("INTERNAL", "Binary content can be read once, and was read already.");
    this.#isTaken = true;
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#isOver) return { done: true, value: undefined };
    try {
      this.#source ??= this.#content.body[Symbol.asyncIterator]();
      const step = await this.#source.next();
      if (step.done === true) this.#end();
      return step;
    } catch (error) {
      const failure = this.#options.mapFailure(error);
      this.#end(failure);
      throw failure;
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    if (!this.#isOver) {
      this.#end();
      if (this.#source) await this.#source.return?.();
      else await discardContent(this.#content);
    }
    return { done: true, value: undefined };
  }

  #end(failure?: ConnectorError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.ended(failure);
  }
}
