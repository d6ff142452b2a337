import { ConnectorError, createTransport, isConnectorError, type Transport } from "@isthmus/core";
import type { AwsKmsSettings } from "./options.js";

/** What the SDK asks its HTTP handler for, as far as KMS uses it. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

/**
 * The SDK's HTTP on core's transport: bounded in time as a whole, no private address unless it is allowed. The SDK's own
 * handler bounds connecting and waiting apart, and the body not at all.
 *
 * It sends once. Repeating is the SDK's part, which knows KMS' throttling by its code; the status of that is a 400.
 */
export class TransportHandler {
  readonly #settings: AwsKmsSettings;
  #transport: Transport | undefined;

  /** @throws {ForbiddenTargetError} when the endpoint is private or plain http and not allowed. */
  constructor(settings: AwsKmsSettings) {
    this.#settings = settings;
    const { endpoint } = settings;
    if (endpoint !== undefined) this.#open(new URL(endpoint).hostname).assertAllowed(endpoint);
  }

  async handle(request: SdkRequest): Promise<{ response: SdkResponse }> {
    const { protocol, hostname, port, path, headers, body } = request;
    // The transport writes it itself, as it was signed.
    const { host: _, ...others } = headers;
    const url = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`;
    const signal = AbortSignal.timeout(this.#settings.timeoutMs);
    try {
      const answer = await this.#open(hostname).request({
        name: "aws-kms",
        method: "POST",
        url,
        headers: others,
        body: body ?? "",
        // Twice is as good as once: KMS keeps nothing of either call.
        idempotent: true,
        signal,
      });
      const given = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
      return { response: { statusCode: answer.status, headers: Object.fromEntries(given), body: answer.body } };
    } catch (cause) {
      throw markRepeatable(
        signal.aborted ? new ConnectorError("TIMEOUT", `${hostname} gave no answer in time.`, { cause }) : cause,
      );
    }
  }

  /** Ends idle connections at once, waits for calls at work. */
  async close(): Promise<void> {
    await this.#transport?.close();
  }

  /** For the SDK's extensions, of which KMS has none. */
  updateHttpClientConfig(): void {}

  /** For the SDK's extensions, of which KMS has none. */
  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  #open(hostname: string): Transport {
    const { allowedPrivateHosts, timeoutMs } = this.#settings;
    // The host follows from region and endpoint, which only the SDK knows: what it asks for first is the one.
    this.#transport ??= createTransport({
      allowedHosts: [hostname],
      allowedPrivateHosts,
      timeouts: { connectMs: timeoutMs, headersMs: timeoutMs, bodyMs: timeoutMs },
      retry: { maxAttempts: 1 },
      maxResponseBytes: 64 * 1024,
    });
    return this.#transport;
  }
}

/** In the SDK's own language. https://github.com/smithy-lang/smithy-typescript (RetryableTrait) */
function markRepeatable(error: unknown): unknown {
  return isConnectorError(error) && error.retryable ? Object.assign(error, { $retryable: {} }) : error;
}
