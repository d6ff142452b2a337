import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { ConnectorErrorCode } from "../errors/index.js";
import { type EndReason, type Failure, type FailureContext, toFailure } from "./failures.js";
import type { ResponseHeaders } from "./types.js";

/** What the transport knows of a request before it is sent, the same for each try. */
export interface ExchangeRequest extends Omit<FailureContext, "sent" | "status"> {
  readonly signal: AbortSignal | undefined;
  /** Largest body in bytes. */
  readonly maxResponseBytes: number;
  readonly bodyStream: Readable | undefined;
}

/** Follows one try. */
export interface ExchangeWatcher {
  /** The answer's headers are there. */
  answered?(): void;
  /** Told once, when the try is over: the answer is whole (or its reader gone), or it failed. Status 0: no answer. */
  ended(status: number, errorCode: ConnectorErrorCode | undefined): void;
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
  #connectTimer: NodeJS.Timeout | undefined;
  readonly #watcher: ExchangeWatcher;

  constructor(request: ExchangeRequest, watcher: ExchangeWatcher) {
    this.request = request;
    this.#watcher = watcher;
    request.signal?.addEventListener("abort", this.#cancel, { once: true });
  }

  /** Ends the try unless it has begun to be sent within `ms`. */
  limitConnecting(ms: number): void {
    this.#connectTimer = setTimeout(() => this.stop("connect-timeout"), ms);
  }

  /** Ends the try for a reason of ours. Without effect once it has ended. */
  stop(reason: EndReason, cause: unknown = reason): void {
    if (this.#ended) return;
    this.#end(toFailure(this.#context(), cause, reason));
    this.controller?.abort(new Error(reason));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    clearTimeout(this.#connectTimer);
    // Given up while it waited for its connection; or about to be written a second time, which only an idempotent one may.
    if (this.#ended || (this.#sent && !this.request.idempotent)) {
      controller.abort(new Error("already ended"));
      return;
    }
    this.#sent = true;
    this.controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    // 1xx: the real answer follows.
    if (this.#ended || status < 200) return;
    this.status = status;
    this.headers = headers;
    this.#watcher.answered?.();
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
    if (this.#received > this.request.maxResponseBytes) this.stop("too-large");
    else this.receive(chunk);
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
  /** A piece of the body. */
  protected abstract receive(chunk: Buffer): void;
  /** Nothing more comes; `failure` says whether the answer is whole. */
  protected abstract finish(): void;

  /** What was received, in bytes. */
  protected get received(): number {
    return this.#received;
  }

  readonly #cancel = () => this.stop("cancelled", this.request.signal?.reason);

  #end(failure: Failure | undefined): void {
    this.#ended = true;
    this.failure = failure;
    clearTimeout(this.#connectTimer);
    this.request.signal?.removeEventListener("abort", this.#cancel);
    if (failure !== undefined) this.request.bodyStream?.destroy();
    this.#watcher.ended(this.status, failure?.error.code);
    this.finish();
  }

  #context(): FailureContext {
    return { ...this.request, sent: this.#sent, status: this.status };
  }
}
