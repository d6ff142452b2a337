import { Readable } from "node:stream";
import {
  type AccessToken,
  type CallBudget,
  type CallBudgets,
  type CallPermit,
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
  /** Shares the organisation's limits with other processes. */
  readonly budgets: CallBudgets | undefined;
  /** Ends all work of the connector. */
  readonly signal: AbortSignal;
  accessToken(signal: AbortSignal): Promise<AccessToken>;
}

interface Organization {
  readonly name: string;
  readonly limits: OrganizationLimits;
  readonly budget: CallBudget | undefined;
}

interface Entered extends Omit<Organization, "name"> {
  readonly ticket: Ticket;
  readonly permit: CallPermit | undefined;
}

const unlimited = Number.MAX_SAFE_INTEGER;

/** How often a request that was refused for too many at once is sent at most. */
const mostTries = 6;

/** Lets the requests of one connector through within the limits of its organisation, and tells what is used of them. */
export class LimitGate {
  readonly #parts: LimitGateParts;
  readonly #reporter: LimitReporter;
  #organization: Organization | undefined;

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
      const entered = await this.#enter(request, signal);
      const { response, refusal } = await this.#send(entered, send);
      if (refusal !== "concurrent" || tries === mostTries || isSpent(request)) return response;
    }
  }

  async #enter(request: ConnectorRequest, signal: AbortSignal): Promise<Entered> {
    try {
      const { limits, budget } = await this.#find(signal);
      const ticket = await limits.enter(signal);
      try {
        return { limits, budget, ticket, permit: await budget?.acquire(signal) };
      } catch (error) {
        limits.unanswered(ticket);
        limits.leave();
        throw error;
      }
    } catch (error) {
      if (request.body instanceof Readable) request.body.destroy();
      if (isConnectorError(error) || !signal.aborted) throw error;
      const name = request.name ?? "The request";
      throw new ConnectorError("CANCELLED", `${name} was ended while it waited for its turn.`, { cause: error });
    }
  }

  async #send<Response extends { readonly status: number; readonly headers: ResponseHeaders }>(
    { limits, budget, ticket, permit }: Entered,
    send: () => Promise<GatedAnswer<Response>>,
  ): Promise<GatedAnswer<Response>> {
    let answer: GatedAnswer<Response>;
    try {
      answer = await send();
    } catch (error) {
      limits.unanswered(ticket);
      limits.leave();
      permit?.release();
      throw error;
    }
    // Also of a stream that nobody has read yet. Whoever reads it may need places for other requests meanwhile, and when
    // all places were held by such readers, none of them would ever go on.
    limits.leave();
    permit?.release();
    if (answer.refusal === "day") limits.refusedForToday(ticket);
    else if (answer.refusal === "concurrent") limits.refusedForConcurrency(ticket);
    else if (answer.response.status >= 500) limits.unanswered(ticket);
    else limits.accepted(ticket);
    const info = readLimitInfo(answer.response.headers);
    limits.observe(info);
    if (budget) this.#tell(budget, info, answer.refusal);
    this.#reporter.report(info);
    return answer;
  }

  /** Tells the other processes what is used of the day's requests: what is left to others is used for us. */
  #tell(budget: CallBudget, { organization }: LimitInfo, refusal: LimitRefusal): void {
    if (organization === undefined) return;
    const { used, max } = organization;
    const ours = Math.floor(max * (1 - this.#parts.options.reservePercent / 100));
    budget.observeQuota(refusal === "day" ? Math.max(used, ours) : used, ours);
  }

  async #find(signal: AbortSignal): Promise<Organization> {
    const { attributes } = await this.#parts.accessToken(signal);
    const name = organizationOf(attributes);
    if (this.#organization?.name !== name) this.#organization = this.#open(name);
    return this.#organization;
  }

  #open(name: string): Organization {
    const { options, budgets, connection } = this.#parts;
    if (budgets === undefined) return { name, limits: sharedLimits(name, options, this.#parts), budget: undefined };
    const budget = budgets.of([connection.type, name], { concurrency: options.concurrentRequests });
    // The places are the budget's: who waits here keeps nobody waiting.
    return { name, limits: sharedLimits(name, { ...options, concurrentRequests: unlimited }, this.#parts), budget };
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
