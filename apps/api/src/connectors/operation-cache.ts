import type { ConnectorDefinition, Operation } from "@isthmus/core";
import type { ConnectorRow } from "../repositories/index.js";
import { readStoredConfiguration } from "./stored-configuration.js";

interface Kept {
  readonly version: number;
  readonly operations: readonly Operation[];
}

/**
 * The operations of the connectors that were used last. What a connector can do follows from its configuration, and a large
 * one takes milliseconds to prove: that is done once for each version of a connector, and not for each call.
 */
export class OperationCache {
  readonly #kept = new Map<string, Kept>();
  readonly #maximum: number;

  /** @param maximum - How many connectors are remembered; the one that was used longest ago goes first. Default 500. */
  constructor(maximum = 500) {
    this.#maximum = maximum;
  }

  /**
   * The operations of a connector that was read just now.
   *
   * @throws {ValidationError} when its configuration does not fit the installed package any more; that is not remembered.
   */
  operationsOf(definition: ConnectorDefinition, row: ConnectorRow): readonly Operation[] {
    const found = this.#kept.get(row.id);
    const isCurrent = found?.version === row.version;
    const operations = isCurrent ? found.operations : definition.operations(readStoredConfiguration(definition, row));
    this.#kept.delete(row.id);
    this.#kept.set(row.id, { version: row.version, operations });
    for (const id of this.#kept.keys()) {
      if (this.#kept.size <= this.#maximum) break;
      this.#kept.delete(id);
    }
    return operations;
  }
}
