import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { ConnectorErrorCode } from "../errors/index.js";
import { type EndReason, type Failure, type FailureContext, toFailure } from "./failures.js";
import { PhaseTimer } from "./phase-timer.js";
import type { ResponseHeaders, TransportTimeouts } from "./types.js";

/** What the transport knows of a request before it is sent, the same for each try. */
export interface ExchangeRequest extends Omit<FailureContext, "sent" | "status"> {
  readonly signal: AbortSignal | undefined;
  readonly timeouts: TransportTimeouts;
  /** Largest body in bytes. */
  readonly maxResponseBytes: number;
  readonly bodyStream: Readable | undefined;
}

/** Follows one try. */
export interface ExchangeWatcher {
  /** The answer's headers are there. */
  readonly answered?: (() => void) | undefined;
  /** Told once, when the try is over: the answer is whole (or its reader gone), or it failed. Status 0: no answer. */
  readonly ended: (status: number, errorCode: ConnectorErrorCode | undefined) => void;
}

/**
 * One try, as undici's dispatch handler. undici calls `onRequestStart` right before it writes the first byte: that is what
 * makes "certainly not sent" and "may have been sent" two different answers. Subclasses decide what happens to the body.
 * It always ends, and never throws into undici.
 */
export abstract class Exchange implements Dispatcher.DispatchHandler {
  status = 0;
  headers: ResponseHeaders = {};
  failure: Failure | undefined;
  protected readonly request: ExchangeRequest;
  protected controller: Dispatcher.DispatchController | undefined;
  #sent = false;
  #ended = false;
  #received = 0;
  readonly #timer = new PhaseTimer((reason) => this.stop(reason));
  readonly #watcher: ExchangeWatcher;

  constructor(request: ExchangeRequest, watcher: ExchangeWatcher) {
    this.request = request;
    this.#watcher = watcher;
    request.signal?.addEventListener("abort", this.#cancel, { once: true });
  }

  /** undici has taken the request. Unless a connection was ready, it is given `connectMs` from now. */
  dispatched(): void {
    if (!this.#sent && !this.#ended) this.#timer.start("connect-timeout", this.request.timeouts.connectMs);
  }

  /** Ends the try for a reason of ours. Without effect once it has ended. */
  stop(reason: EndReason, cause: unknown = reason): void {
    if (this.#ended) return;
    this.#end(toFailure(this.#context(), cause, reason));
    this.controller?.abort(new Error(reason));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it waited for its connection; or about to be written a second time, which is ours to decide.
    if (this.#ended || this.#sent) {
      controller.abort(new Error("already ended"));
      return;
    }
    this.#sent = true;
    this.controller = controller;
    this.#timer.start("headers-timeout", this.request.timeouts.headersMs);
  }

  /** A piece of a body is written: the wait for the headers begins anew, an upload may take its time. */
  onBodySent(): void {
    if (!this.#ended && this.status === 0) this.#timer.start("headers-timeout", this.request.timeouts.headersMs);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    // They are parts of the first piece as it came from the socket, which undici would keep for as long as the exchange.
    if (Array.isArray(controller.rawHeaders)) controller.rawHeaders.length = 0;
    // 1xx: the real answer follows.
    if (this.#ended || status < 200) return;
    this.status = status;
    this.headers = headers;
    this.#watcher.answered?.();
    this.#timer.start("body-timeout", this.request.timeouts.bodyMs);
    const length = headers["content-length"];
    if (
      typeof length === "string" &&
      this.request.method !== "HEAD" &&
      Number(length) > this.request.maxResponseBytes
    ) {
      this.stop("too-large");
      return;
    }
    this.begin();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended) return;
    this.#received += chunk.length;
    if (this.#received > this.request.maxResponseBytes) {
      this.stop("too-large");
      return;
    }
    const wantsMore = this.receive(chunk);
    if (this.#ended) return;
    // A reader that takes its time is not the vendor's stall.
    if (wantsMore) this.#timer.start("body-timeout", this.request.timeouts.bodyMs);
    else this.#timer.clear();
  }

  onResponseEnd(): void {
    if (!this.#ended) this.#end(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#ended) return;
    const source = this.request.bodyStream;
    const reason = source?.errored && source.errored === error ? "body-source" : undefined;
    this.#end(toFailure(this.#context(), error, reason));
  }

  /** The headers are there. */
  protected abstract begin(): void;
  /** A piece of the body. False when no more is wanted for now; `resume` goes on. */
  protected abstract receive(chunk: Buffer): boolean;
  /** Nothing more comes; `failure` says whether the answer is whole. */
  protected abstract finish(): void;

  /** The reader wants more of the body. */
  protected resume(): void {
    if (this.#ended || this.controller === undefined || !this.controller.paused) return;
    this.#timer.start("body-timeout", this.request.timeouts.bodyMs);
    this.controller.resume();
  }

  /** What was received, in bytes. */
  protected get received(): number {
    return this.#received;
  }

  readonly #cancel = () => this.stop("cancelled", this.request.signal?.reason);

  #end(failure: Failure | undefined): void {
    this.#ended = true;
    this.failure = failure;
    this.#timer.clear();
    this.request.signal?.removeEventListener("abort", this.#cancel);
    // Also when the other side has answered before it read everything: whoever feeds the stream waits for a reader.
    this.request.bodyStream?.destroy();
    this.#watcher.ended(this.status, failure?.error.code);
    this.finish();
  }

  #context(): FailureContext {
    return { ...this.request, sent: this.#sent, status: this.status };
  }
}
