import { readAnswer, type TransportResponse } from "@isthmus/core";
import type { Connection } from "jsforce";
import type { CallOptions, SalesforceApi } from "./api.js";
import { DescribeCache, type DescribeCacheParts } from "./describe-cache.js";
import {
  type ApiVersion,
  type DescribeGlobalResult,
  type DescribeResult,
  describeGlobalSchema,
  describeSchema,
  type Limits,
  limitsSchema,
  parseMetadata,
  versionsSchema,
} from "./metadata.js";
import { assertSobjectName } from "./names.js";

/** Runs work of jsforce's whose requests carry this name. */
export type ThroughJsforce = <Result>(
  name: string,
  options: CallOptions,
  work: (connection: Connection) => Promise<Result>,
) => Promise<Result>;

/** What the organisation tells of itself. What each call promises stands at the connector's methods of the same names. */
export class MetadataCalls {
  readonly #api: SalesforceApi;
  readonly #throughJsforce: ThroughJsforce;
  readonly #cache: DescribeCache;

  /** @param owner - Names the connected user. */
  constructor(api: SalesforceApi, throughJsforce: ThroughJsforce, owner: DescribeCacheParts["owner"]) {
    this.#api = api;
    this.#throughJsforce = throughJsforce;
    this.#cache = new DescribeCache({ clock: api.clock, sendRaw: api.sendRaw, owner });
  }

  /** GET `/sobjects/{sobject}/describe` */
  async describe(sobject: string, options: CallOptions): Promise<DescribeResult> {
    assertSobjectName(sobject);
    const response = await this.#read("describe", `/sobjects/${sobject}/describe`, options);
    return readAnswer(response, describeSchema, "a description");
  }

  /** GET `/sobjects` */
  async describeGlobal(options: CallOptions): Promise<DescribeGlobalResult> {
    const response = await this.#read("describeGlobal", "/sobjects", options);
    return readAnswer(response, describeGlobalSchema, "a list of objects");
  }

  /** GET `/limits` */
  async limits(options: CallOptions): Promise<Limits> {
    const result = await this.#throughJsforce("limits", options, (connection) => connection.limits());
    return parseMetadata(limitsSchema, result, "a list of limits");
  }

  /** GET `/services/data` */
  async versions(options: CallOptions): Promise<readonly ApiVersion[]> {
    const response = await this.#api.send({ ...options, name: "versions", method: "GET", path: "/services/data" });
    return readAnswer(response, versionsSchema, "a list of versions");
  }

  async #read(name: string, resource: string, options: CallOptions): Promise<TransportResponse> {
    const path = this.#api.dataPath + resource;
    const response = await this.#cache.read(name, path, options);
    if (response.status === 200) return response;
    throw this.#api.mapFailure(response, { name, method: "GET", path });
  }
}
