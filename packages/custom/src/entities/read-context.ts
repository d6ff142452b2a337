import type { Clock } from "@isthmus/core";
import type { ApiClient } from "../api-client.js";
import type { EntityConfiguration } from "../options/entity-options.js";

/** What a read works with. */
export interface ReadContext {
  readonly connector: ApiClient;
  readonly entity: EntityConfiguration;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}
