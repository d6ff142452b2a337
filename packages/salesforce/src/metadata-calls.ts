import { readAnswer } from "@isthmus/core";
import type { Connection } from "jsforce";
import type { CallOptions, SalesforceApi } from "./api.js";
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

  constructor(api: SalesforceApi, throughJsforce: ThroughJsforce) {
    this.#api = api;
    this.#throughJsforce = throughJsforce;
  }

  /** GET `/sobjects/{sobject}/describe` */
  async describe(sobject: string, options: CallOptions): Promise<DescribeResult> {
    assertSobjectName(sobject);
    const result = await this.#throughJsforce("describe", options, (connection) => connection.describe(sobject));
    return parseMetadata(describeSchema, result, "a description");
  }

  /** GET `/sobjects` */
  async describeGlobal(options: CallOptions): Promise<DescribeGlobalResult> {
    const result = await this.#throughJsforce("describeGlobal", options, (connection) => connection.describeGlobal());
    return parseMetadata(describeGlobalSchema, result, "a list of objects");
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
}
