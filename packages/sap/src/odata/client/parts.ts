import type { Clock, Random } from "@isthmus/core";
import type { SapHttp } from "../../http/sap-http.js";
import type { ODataModel } from "../model.js";
import type { ODataCodec } from "./codec.js";

/**
 * How a part of an entity is changed.
 *
 * - `PATCH`: what v4 has.
 * - `MERGE`: what v2 itself has, and so every v2 service knows; `PATCH` came to it later and is not everywhere.
 * - `tunnelled-merge`: a POST with `X-HTTP-Method: MERGE`, where something on the way does not let MERGE through.
 */
export type UpdateMethod = "PATCH" | "MERGE" | "tunnelled-merge";

/** What a client of one OData service is made of. */
export interface ODataParts {
  readonly http: SapHttp;
  /** `https://sap.example.com:44300`: links that the service gives may not leave it. */
  readonly origin: string;
  /** Origins by which the system calls itself in links, such as its own name behind a proxy. They lead to `origin`. Default none. */
  readonly alsoKnownAs?: readonly string[];
  /** Absolute path of the service, with a slash at its end: `/sap/opu/odata/sap/API_BUSINESS_PARTNER/`. */
  readonly root: string;
  readonly model: ODataModel;
  readonly codec: ODataCodec;
  readonly clock: Clock;
  readonly random: Random;
  /** Default: `PATCH` in v4, `MERGE` in v2. */
  readonly updateMethod?: UpdateMethod;
  /**
   * Whether the Gateway's framework for repeatable requests is configured for this service (`RequestID`). Only then may a write
   * be sent again. Default false.
   */
  readonly repeatableRequests?: boolean;
}
