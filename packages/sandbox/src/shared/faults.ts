/** What shall go wrong, on which requests, and how often. */
export interface FaultRule {
  /** A prefix of the path, percent-encoded as sent, such as `/services/data`. Default: every path but `/__sandbox`. */
  path?: string;
  /** A regular expression, tested on the path with its query. */
  pathPattern?: string;
  /** HTTP method. Default: any. */
  method?: string;
  /** Matching requests to let through first. Default 0. */
  skip?: number;
  /** Requests to play the fault on. Default 1. */
  times?: number;
  /** Milliseconds to wait before anything else, at most 60 000. May be combined with every other kind. */
  delayMs?: number;
  /** Answers this status instead of doing what was asked. */
  status?: number;
  /** The body of that answer: a string is sent as it is, anything else as JSON. Alone it implies status 500. */
  body?: unknown;
  /** Response headers. Without `status` and `body` they are added to the real response. */
  headers?: Record<string, string>;
  /** Answers as the vendor does to a caller that asks too often; `retryAfterSeconds` adds a `Retry-After` header. */
  rateLimit?: true | { retryAfterSeconds?: number };
  /** Closes the connection with no response and no effect. */
  cutBefore?: true;
  /** Does what was asked, then closes the connection with no response. */
  cutAfter?: true;
  /** Does what was asked, then closes the connection in the middle of the response body (like `cutAfter` where there is no body). */
  cutBody?: true;
}

/** A fault that waits for its requests. */
export interface Fault extends FaultRule {
  /** Names it in the request log. */
  id: string;
  /** Matching requests still let through. */
  skipsLeft: number;
  /** Requests it will still be played on. */
  timesLeft: number;
}

/** Faults beyond this many are refused. */
export const maximumFaults = 1_000;

/** Milliseconds: a longer delay is refused. */
export const maximumDelayMs = 60_000;

/** Thrown for a fault that makes no sense; the message says what to change. */
export class InvalidFaultError extends Error {
  /** Tells the error from others in logs. */
  override readonly name = "InvalidFaultError";
}

/** The faults that wait. The oldest one that matches a request is played first. */
export class FaultList {
  #faults: Fault[] = [];
  #nextId = 1;

  /** @throws {InvalidFaultError} when the rule is not one that can be played. */
  add(rule: FaultRule): Fault {
    assertFaultRule(rule);
    if (this.#faults.length >= maximumFaults) throw new InvalidFaultError(`At most ${maximumFaults} faults may wait.`);
    const fault: Fault = {
      ...rule,
      id: `fault-${this.#nextId}`,
      skipsLeft: rule.skip ?? 0,
      timesLeft: rule.times ?? 1,
    };
    this.#nextId += 1;
    this.#faults.push(fault);
    return { ...fault };
  }

  list(): Fault[] {
    return this.#faults.map((fault) => ({ ...fault }));
  }

  clear(): void {
    this.#faults = [];
  }

  /** Takes the fault to play on a request, if there is one, and counts it. */
  take(method: string, url: string): Fault | undefined {
    for (const fault of this.#faults) {
      if (!matchesRequest(fault, method, url)) continue;
      if (fault.skipsLeft > 0) {
        fault.skipsLeft -= 1;
        continue;
      }
      fault.timesLeft -= 1;
      if (fault.timesLeft <= 0) this.#faults = this.#faults.filter((other) => other !== fault);
      return fault;
    }
    return undefined;
  }
}

function matchesRequest(fault: Fault, method: string, url: string): boolean {
  if (fault.method !== undefined && fault.method.toUpperCase() !== method) return false;
  if (fault.path !== undefined && !url.startsWith(fault.path)) return false;
  return fault.pathPattern === undefined || new RegExp(fault.pathPattern).test(url);
}

const checks: Record<keyof FaultRule, { holds: (value: unknown) => boolean; expected: string }> = {
  path: {
    holds: (value) => typeof value === "string" && value.startsWith("/"),
    expected: 'a path such as "/services"',
  },
  pathPattern: { holds: isRegularExpression, expected: "the source of a regular expression" },
  method: { holds: (value) => typeof value === "string", expected: "an HTTP method" },
  skip: { holds: (value) => isIntegerBetween(value, 0, 1_000_000), expected: "a whole number from 0" },
  times: { holds: (value) => isIntegerBetween(value, 1, 1_000_000), expected: "a whole number from 1" },
  delayMs: {
    holds: (value) => isIntegerBetween(value, 0, maximumDelayMs),
    expected: `0 to ${maximumDelayMs} milliseconds`,
  },
  status: { holds: (value) => isIntegerBetween(value, 200, 599), expected: "an HTTP status from 200 to 599" },
  body: { holds: () => true, expected: "anything" },
  headers: { holds: isTextRecord, expected: "an object of strings" },
  rateLimit: { holds: isRateLimit, expected: "true or { retryAfterSeconds }" },
  cutBefore: { holds: (value) => value === true, expected: "true" },
  cutAfter: { holds: (value) => value === true, expected: "true" },
  cutBody: { holds: (value) => value === true, expected: "true" },
};

function assertFaultRule(rule: FaultRule): void {
  const given = Object.entries(rule).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!isRuleKey(name))
      throw new InvalidFaultError(`Unknown part "${name}". Known: ${Object.keys(checks).join(", ")}.`);
    if (!checks[name].holds(value)) throw new InvalidFaultError(`"${name}" must be ${checks[name].expected}.`);
  }
  const names = new Set(given.map(([name]) => name));
  const replaces = names.has("status") || names.has("body");
  const kinds = [replaces, names.has("rateLimit"), names.has("cutBefore"), names.has("cutAfter"), names.has("cutBody")];
  if (kinds.filter(Boolean).length > 1) {
    throw new InvalidFaultError("A fault is one of: status/body, rateLimit, cutBefore, cutAfter, cutBody.");
  }
  if (!kinds.some(Boolean) && !names.has("delayMs") && !names.has("headers")) {
    throw new InvalidFaultError(
      "A fault needs one of: status, body, headers, delayMs, rateLimit, cutBefore, cutAfter, cutBody.",
    );
  }
}

function isRuleKey(name: string): name is keyof FaultRule {
  return Object.hasOwn(checks, name);
}

function isIntegerBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

function isTextRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.values(value).every((part) => typeof part === "string");
}

function isRateLimit(value: unknown): boolean {
  if (value === true) return true;
  if (typeof value !== "object" || value === null) return false;
  const seconds = "retryAfterSeconds" in value ? value.retryAfterSeconds : undefined;
  return seconds === undefined || isIntegerBetween(seconds, 0, 86_400);
}

function isRegularExpression(value: unknown): boolean {
  if (typeof value !== "string" || value.length > 1_000) return false;
  try {
    new RegExp(value);
    return true;
  } catch {
    // The question asked is exactly whether this throws.
    return false;
  }
}
