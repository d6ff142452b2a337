import { notFound, SalesforceError } from "../errors.js";
import type { RestAnswer, RestCall, RestHandler } from "./rest-call.js";

interface Route {
  method: string;
  pattern: string;
  segments: string[];
  handler: RestHandler;
}

/** The calls below `/services/data/vNN.0`, for the server and for subrequests of composite requests alike. */
export class RestTable {
  readonly #routes: Route[] = [];

  /** @param pattern - Such as `/sobjects/:object/:id`. A fixed word wins over a `:name` when it was added first. */
  add(method: string, pattern: string, handler: RestHandler): void {
    this.#routes.push({ method, pattern, segments: pattern.split("/").slice(1), handler });
  }

  /** Everything that was added, in that order. */
  routes(): readonly { method: string; pattern: string; handler: RestHandler }[] {
    return this.#routes;
  }

  /**
   * Answers a call given by its path below the version, such as `/sobjects/Account?…`.
   *
   * @throws {SalesforceError} what the call fails with; NOT_FOUND or METHOD_NOT_ALLOWED where nothing answers.
   */
  answer(path: string, call: Omit<RestCall, "params" | "query">): RestAnswer {
    const { pathname, searchParams } = new URL(path, "http://local");
    const segments = pathname.replace(/\/$/, "").split("/").slice(1).map(decodeSegment);
    const matching = this.#routes.filter((route) => matches(route.segments, segments));
    const route = matching.find(({ method }) => method === call.method);
    if (route === undefined) throw matching.length === 0 ? notFound() : methodNotAllowed(call.method, matching);
    const params: Record<string, string> = {};
    for (const [at, name] of route.segments.entries()) {
      if (name.startsWith(":")) params[name.slice(1)] = segments[at] ?? "";
    }
    return route.handler({ ...call, params, query: Object.fromEntries(searchParams) });
  }
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.length !== segments.length) return false;
  return pattern.every((name, at) => name.startsWith(":") || name === segments[at]);
}

function methodNotAllowed(method: string, routes: readonly Route[]): SalesforceError {
  const allowed = routes.map((route) => route.method).join(",");
  return new SalesforceError(405, "METHOD_NOT_ALLOWED", `HTTP Method '${method}' not allowed. Allowed are ${allowed}`);
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) throw notFound();
    throw error;
  }
}
