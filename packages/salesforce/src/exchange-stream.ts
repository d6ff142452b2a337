import { Duplex, PassThrough, type Readable } from "node:stream";

/**
 * The two bodies of an exchange as jsforce wants them, in one stream: what is written is the request's body, what is read
 * is the response's. A failure never shows here, only in the promise beside it: jsforce pipes this stream onward without
 * listening for errors, and an error that nobody listens for ends the process.
 */
export class ExchangeStream extends Duplex {
  #input: PassThrough | undefined;

  /** Where the written body comes out. */
  input(): Readable {
    const input = new PassThrough();
    // The sender destroys the body of a request that failed. What is still written then has nowhere to go.
    input.on("error", () => input.destroy());
    this.#input = input;
    return input;
  }

  /** Hands the response's body to whoever reads. */
  answer(body: Buffer): void {
    if (body.length > 0) this.push(body);
    this.push(null);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    const input = this.#input;
    if (input === undefined || input.destroyed || input.write(chunk)) {
      callback();
      return;
    }
    const goOn = () => {
      input.off("drain", goOn);
      input.off("close", goOn);
      callback();
    };
    input.on("drain", goOn);
    input.on("close", goOn);
  }

  override _final(callback: () => void): void {
    this.#input?.end();
    callback();
  }

  override _read(): void {
    // The whole body is pushed at once when it has arrived.
  }
}
