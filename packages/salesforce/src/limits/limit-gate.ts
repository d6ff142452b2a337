import { Readable } from "node:stream";
import {
  type AccessToken,
  type Clock,
  type ConnectionIdentity,
  ConnectorError,
  type ConnectorRequest,
  type EventEmitter,
  isConnectorError,
  type Random,
  type ResponseHeaders,
} from "@isthmus/core";
import { type LimitInfo, readLimitInfo } from "./limit-info.js";
import { LimitReporter } from "./limit-reporter.js";
import type { LimitOptions, OrganizationLimits, Ticket } from "./organization-limits.js";
import { organizationOf, sharedLimits } from "./shared-limits.js";

/** Which limit an answer refuses for. */
export type LimitRefusal = "day" | "concurrent" | undefined;

/** An answer as the gate sees it. */
export interface GatedAnswer<Response> {
  readonly response: Response;
  readonly refusal: LimitRefusal;
}

/** What a {@link LimitGate} works with. */
export interface LimitGateParts {
  readonly options: LimitOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventEmitter;
  readonly connection: ConnectionIdentity;
  /** Ends all work of the connector. */
  readonly signal: AbortSignal;
  accessToken(signal: AbortSignal): Promise<AccessToken>;
}

/** How often a request that was refused for too many at once is sent at most. */
const mostTries = 6;

/** Lets the requests of one connector through within the limits of its organisation, and tells what is used of them. */
export class LimitGate {
  readonly #parts: LimitGateParts;
  readonly #reporter: LimitReporter;
  #organization: { readonly name: string; readonly limits: OrganizationLimits } | undefined;

  constructor(parts: LimitGateParts) {
    this.#parts = parts;
    this.#reporter = new LimitReporter(parts);
  }

  /** What Salesforce said last of the organisation's requests. */
  get info(): (LimitInfo & { readonly observedAtMs: number }) | undefined {
    return this.#organization?.limits.info;
  }

  /** See {@link OrganizationLimits.waits}. */
  get waits(): { readonly dayMs: number; readonly concurrentMs: number } {
    return this.#organization?.limits.waits ?? { dayMs: 0, concurrentMs: 0 };
  }

  /**
   * Sends when the limits allow it, and again after a pause where Salesforce had too much at work: it refuses before it begins.
   *
   * @throws {RateLimitError} `QUOTA_EXHAUSTED` while the day's requests are used up; nothing was sent.
   */
  async run<Response extends { readonly status: number; readonly headers: ResponseHeaders }>(
    request: ConnectorRequest,
    send: () => Promise<GatedAnswer<Response>>,
  ): Promise<Response> {
    const signal = this.#endedBy(request.signal);
    for (let tries = 1; ; tries += 1) {
      const { limits, ticket } = await this.#enter(request, signal);
      const { response, refusal } = await this.#send(limits, ticket, send);
      if (refusal !== "concurrent" || tries === mostTries || isSpent(request)) return response;
    }
  }

  async #enter(request: ConnectorRequest, signal: AbortSignal) {
    try {
      const limits = await this.#limits(signal);
      return { limits, ticket: await limits.enter(signal) };
    } catch (error) {
      if (request.body instanceof Readable) request.body.destroy();
      if (isConnectorError(error) || !signal.aborted) throw error;
      const name = request.name ?? "The request";
      throw new ConnectorError("CANCELLED", `${name} was ended while it waited for its turn.`, { cause: error });
    }
  }

  async #send<Response extends { readonly status: number; readonly headers: ResponseHeaders }>(
    limits: OrganizationLimits,
    ticket: Ticket,
    send: () => Promise<GatedAnswer<Response>>,
  ): Promise<GatedAnswer<Response>> {
    let answer: GatedAnswer<Response>;
    try {
      answer = await send();
    } catch (error) {
      limits.unanswered(ticket);
      limits.leave();
      throw error;
    }
    // Also of a stream that nobody has read yet. Whoever reads it may need places for other requests meanwhile, and when
    // all places were held by such readers, none of them would ever go on.
    limits.leave();
    if (answer.refusal === "day") limits.refusedForToday(ticket);
    else if (answer.refusal === "concurrent") limits.refusedForConcurrency(ticket);
    else if (answer.response.status >= 500) limits.unanswered(ticket);
    else limits.accepted(ticket);
    const info = readLimitInfo(answer.response.headers);
    limits.observe(info);
    this.#reporter.report(info);
    return answer;
  }

  async #limits(signal: AbortSignal): Promise<OrganizationLimits> {
    const { attributes } = await this.#parts.accessToken(signal);
    const name = organizationOf(attributes);
    if (this.#organization?.name !== name) {
      this.#organization = { name, limits: sharedLimits(name, this.#parts.options, this.#parts) };
    }
    return this.#organization.limits;
  }

  #endedBy(signal: AbortSignal | undefined): AbortSignal {
    const own = this.#parts.signal;
    return signal === undefined || signal === own ? own : AbortSignal.any([signal, own]);
  }
}

/** A body that was a stream cannot be sent a second time. */
function isSpent({ body }: ConnectorRequest): boolean {
  return body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array);
}
