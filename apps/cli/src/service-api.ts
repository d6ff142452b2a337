import { z } from "zod";
import { problemSchema } from "./answers.js";
import { type AuditStep, auditStepSchema } from "./audit/answers.js";
import { CommandFailure } from "./failures.js";
import { parseJson } from "./parse-json.js";

/** Where the service is, and the key that opens it. */
export interface ServiceSettings {
  /** Address of the service, no slash at the end. */
  readonly url: string;
  readonly key: string;
}

const timeoutMs = 30_000;

/** The HTTP API, as much of it as one key opens. */
export class ServiceApi {
  readonly #settings: ServiceSettings;

  constructor(settings: ServiceSettings) {
    this.#settings = settings;
  }

  /** Calls a route. @throws {CommandFailure} what the service, or the way to it, refused. */
  protected async call<Answer>(
    method: string,
    path: string,
    schema: z.ZodType<Answer>,
    body?: object,
  ): Promise<Answer> {
    const { url, key } = this.#settings;
    const headers = { authorization: `Bearer ${key}`, ...(body && { "content-type": "application/json" }) };
    // A redirect is told, not followed: the key goes nowhere but where it was meant to go.
    const request = { method, headers, redirect: "manual", signal: AbortSignal.timeout(timeoutMs) } as const;
    const failWith = (words: string) => (cause: unknown) => {
      throw new CommandFailure("CONNECTION_FAILED", words, { cause, retryable: true });
    };
    const response = await fetch(url + path, { ...request, ...(body && { body: JSON.stringify(body) }) }).catch(
      failWith(`No service answers at ${url}.`),
    );
    const text = await response.text().catch(failWith(`What answers at ${url} broke off in the middle of its answer.`));
    const answer = parseJson(text);
    const result = schema.safeParse(answer);
    if (response.ok && result.success) return result.data;
    throw toFailure(url, response.status, answer);
  }

  /** Lets the service verify an audit: how far it is, and at last what was found. Throws as {@link stream}. */
  protected verify(path: string, expectHead: string | undefined): AsyncGenerator<AuditStep, void> {
    const query = expectHead === undefined ? "" : `?${new URLSearchParams({ expectHead })}`;
    return this.stream(path + query, auditStepSchema);
  }

  /**
   * Reads a route that answers line by line, for as long as it takes: only a service that says nothing for a while is given up.
   *
   * @throws {CommandFailure} what the service, or the way to it, refused, also in the middle.
   */
  protected async *stream<Line>(path: string, schema: z.ZodType<Line>): AsyncGenerator<Line, void> {
    const { url, key } = this.#settings;
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), timeoutMs);
    const headers = { authorization: `Bearer ${key}`, accept: "application/x-ndjson" };
    const failWith = (words: string) => (cause: unknown) => {
      throw new CommandFailure("CONNECTION_FAILED", words, { cause, retryable: true });
    };
    try {
      const response = await fetch(url + path, { headers, redirect: "manual", signal: silence.signal }).catch(
        failWith(`No service answers at ${url}.`),
      );
      const brokeOff = failWith(`What answers at ${url} broke off in the middle of its answer.`);
      if (!response.ok || response.body === null) {
        throw toFailure(url, response.status, parseJson(await response.text().catch(brokeOff)));
      }
      const lines = readLines(response.body.pipeThrough(new TextDecoderStream()));
      for (;;) {
        const next = await lines.next().catch(brokeOff);
        if (next.done) return;
        timer.refresh();
        const line = schema.safeParse(parseJson(next.value));
        const failure = z.looseObject({ error: problemSchema }).safeParse(parseJson(next.value));
        if (failure.success) throw toFailure(url, response.status, failure.data.error);
        if (!line.success) throw toFailure(url, response.status, undefined);
        yield line.data;
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

async function* readLines(chunks: AsyncIterable<string>): AsyncGenerator<string, void> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

function toFailure(url: string, status: number, answer: unknown): CommandFailure {
  const problem = problemSchema.safeParse(answer);
  if (problem.success) {
    const { code, detail, retryable } = problem.data;
    return new CommandFailure(code, detail, { retryable });
  }
  if (status >= 500) {
    // A proxy, mostly, while the service behind it restarts.
    const detail = `What answers at ${url} has no service behind it for now (status ${status}). Try again later.`;
    return new CommandFailure("UNEXPECTED_RESPONSE", detail, { retryable: true });
  }
  if (status >= 300 && status < 400) {
    const detail = `What answers at ${url} redirects (status ${status}). Give the address that it redirects to.`;
    return new CommandFailure("UNEXPECTED_RESPONSE", detail);
  }
  return new CommandFailure("UNEXPECTED_RESPONSE", `What answers at ${url} (${status}) is no Isthmus service.`);
}
