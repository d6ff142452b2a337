import type { z } from "zod";
import { type Keys, keysSchema, problemSchema, type Rotation, rotationSchema } from "./answers.js";
import { CommandFailure } from "./failures.js";

/** Where the service is, and the key that opens it. */
export interface PlatformSettings {
  /** Address of the service, no slash at the end. */
  readonly url: string;
  readonly platformKey: string;
}

const timeoutMs = 30_000;

/** The part of the HTTP API that needs the platform key. Every method throws a {@link CommandFailure}. */
export class PlatformApi {
  readonly #settings: PlatformSettings;

  constructor(settings: PlatformSettings) {
    this.#settings = settings;
  }

  getKeys(): Promise<Keys> {
    return this.#call("GET", "/v1/keys", keysSchema);
  }

  beginRotation(dataKeys: boolean): Promise<Rotation> {
    return this.#call("POST", "/v1/keys/rotate", rotationSchema, { dataKeys });
  }

  getRotation(id: string): Promise<Rotation> {
    return this.#call("GET", `/v1/keys/rotations/${id}`, rotationSchema);
  }

  stopRotation(id: string): Promise<Rotation> {
    return this.#call("POST", `/v1/keys/rotations/${id}/stop`, rotationSchema);
  }

  resumeRotation(id: string): Promise<Rotation> {
    return this.#call("POST", `/v1/keys/rotations/${id}/resume`, rotationSchema);
  }

  async #call<Answer>(method: string, path: string, schema: z.ZodType<Answer>, body?: object): Promise<Answer> {
    const { url, platformKey } = this.#settings;
    const headers = {
      authorization: `Bearer ${platformKey}`,
      ...(body && { "content-type": "application/json" }),
    };
    const request = { method, headers, redirect: "error", signal: AbortSignal.timeout(timeoutMs) } as const;
    const response = await fetch(url + path, { ...request, ...(body && { body: JSON.stringify(body) }) }).catch(
      (cause: unknown) => {
        throw new CommandFailure("CONNECTION_FAILED", `No service answers at ${url}.`, { cause, retryable: true });
      },
    );
    const answer = await response.json().catch(() => undefined);
    const result = schema.safeParse(answer);
    if (response.ok && result.success) return result.data;
    const problem = problemSchema.safeParse(answer);
    if (problem.success) {
      const { code, detail, retryable } = problem.data;
      throw new CommandFailure(code, detail, { retryable });
    }
    throw new CommandFailure(
      "UNEXPECTED_RESPONSE",
      `What answers at ${url} (${response.status}) is no Isthmus service.`,
    );
  }
}
