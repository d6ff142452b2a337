import {
  ConnectorError,
  isConnectorError,
  type Operation,
  type OperationCall,
  type TransportResponse,
} from "@isthmus/core";
import { z } from "zod";
import type { ApiClient, RequestTraits } from "./api-client.js";
import { resolvePointer } from "./json-pointer.js";
import type { CustomConfiguration } from "./options/configuration.js";
import { isRepeatable, type OperationConfiguration } from "./options/operation-options.js";
import { type BuiltRequest, buildRequest } from "./requests/build-request.js";
import { isHeaderValue } from "./requests/header-names.js";
import { unfit } from "./requests/value-text.js";
import { compileInput, compileSchema } from "./schemas/compile-schema.js";

const nothing = z.strictObject({});

/** The operations of a configuration. Their schemas are compiled when they are first looked at. */
export function createOperations({ operations }: CustomConfiguration): readonly Operation<ApiClient>[] {
  return operations.map((operation) => new ConfiguredOperation(operation));
}

class ConfiguredOperation implements Operation<ApiClient> {
  readonly #configuration: OperationConfiguration;
  #input: z.ZodType | undefined;
  #output: z.ZodType | undefined;

  constructor(configuration: OperationConfiguration) {
    this.#configuration = configuration;
  }

  get name(): string {
    return this.#configuration.name;
  }

  get summary(): string {
    return this.#configuration.summary;
  }

  get kind(): "read" | "write" {
    return this.#configuration.kind;
  }

  get idempotent(): boolean {
    return isRepeatable(this.#configuration);
  }

  get takesIdempotencyKey(): boolean {
    return this.#configuration.idempotencyHeader !== undefined;
  }

  get input(): z.ZodType {
    this.#input ??= compileInput(this.#configuration.input);
    return this.#input;
  }

  get output(): z.ZodType {
    const { output } = this.#configuration;
    this.#output ??= output === undefined ? nothing : compileSchema(output);
    return this.#output;
  }

  async run(connector: ApiClient, input: unknown, call: OperationCall): Promise<unknown> {
    const { idempotencyHeader, reconcile } = this.#configuration;
    const built = buildRequest(this.#configuration, input);
    const key = idempotencyHeader === undefined ? undefined : readKey(call, connector);
    const traits: RequestTraits = {
      name: this.name,
      // Under a key by which the API recognises it, a repetition of ours has no second effect.
      idempotent: this.idempotent || key !== undefined,
      signal: call.signal,
      ...(reconcile !== undefined && { reconcile }),
    };
    const response = await connector.sendBuilt(withHeader(built, idempotencyHeader, key), traits);
    if (this.#configuration.output === undefined) return {};
    try {
      return this.#readResult(response);
    } catch (error) {
      throw isConnectorError(error) ? connector.unreadable(error, traits) : error;
    }
  }

  /** The result as the API sent it, every field of it; the schema proves it and changes nothing. */
  #readResult(response: TransportResponse): unknown {
    const pointer = this.#configuration.result;
    const result = resolvePointer(response.json(), pointer);
    const proven = this.output.safeParse(result, { reportInput: false });
    if (proven.success) return result;
    const fields = proven.error.issues.slice(0, 10).map(({ path }) => path.map(String).join(".") || "the whole of it");
    throw new ConnectorError(
      "UNEXPECTED_RESPONSE",
      `The API's answer does not fit the output of ${this.name}: look at ${fields.join(", ")}.`,
      { vendor: { status: response.status } },
    );
  }
}

function withHeader(request: BuiltRequest, name: string | undefined, value: string | undefined): BuiltRequest {
  if (name === undefined || value === undefined) return request;
  return { ...request, headers: { ...request.headers, [name.toLowerCase()]: value } };
}

/** The caller's key, or one for this call alone: our own repetitions carry it too. */
function readKey({ idempotencyKey }: OperationCall, connector: ApiClient): string {
  if (idempotencyKey === undefined) return connector.makeIdempotencyKey();
  if (idempotencyKey.length <= 255 && isHeaderValue(idempotencyKey)) return idempotencyKey;
  throw unfit("idempotencyKey", "must be 1 to 255 characters of printable ASCII: it is sent in a header");
}
