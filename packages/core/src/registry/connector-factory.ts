import { assertDefinition, type BaseConnector, type ConnectorDefinition } from "../contract/index.js";
import { ConnectorError } from "../errors/index.js";
import { type ConnectorEnvironment, type ConnectorSettings, createConnector } from "./create-connector.js";

/** Makes connectors of every registered type (factory pattern). Knows no vendor: packages register themselves. */
export class ConnectorFactory {
  readonly #definitions = new Map<string, ConnectorDefinition>();

  /** @param definitions - Registered at once, in order. */
  constructor(definitions: readonly ConnectorDefinition[] = []) {
    for (const definition of definitions) this.register(definition);
  }

  /**
   * Adds a type.
   *
   * @throws {ConnectorError} `INVALID_DEFINITION` when the definition breaks the contract or its type is taken.
   */
  register(definition: ConnectorDefinition): this {
    assertDefinition(definition);
    if (this.#definitions.has(definition.type)) {
      throw new ConnectorError(
        "INVALID_DEFINITION",
        `Two connectors have the type "${definition.type}". Remove one of them.`,
      );
    }
    this.#definitions.set(definition.type, definition);
    return this;
  }

  /** Every registered definition, in the order of registration. */
  definitions(): readonly ConnectorDefinition[] {
    return [...this.#definitions.values()];
  }

  /**
   * The definition of a type.
   *
   * @throws {ConnectorError} `UNKNOWN_CONNECTOR_TYPE`, naming the installed types and the package to install.
   */
  definition(type: string): ConnectorDefinition {
    const definition = this.#definitions.get(type);
    if (definition) return definition;
    const installed = [...this.#definitions.keys()].join(", ") || "none";
    // A suggestion is made for what can be a package name only: the type comes from a caller.
    const hint = /^[a-z][a-z0-9-]{0,49}$/.test(type) ? ` Install @isthmus/${type} if there is such a package.` : "";
    throw new ConnectorError(
      "UNKNOWN_CONNECTOR_TYPE",
      `There is no connector of this type. Installed types: ${installed}.${hint}`,
    );
  }

  /**
   * Makes an instance; see `createConnector`.
   *
   * @throws {ConnectorError} `UNKNOWN_CONNECTOR_TYPE`, `VALIDATION_FAILED`, `UNSUPPORTED`.
   */
  create(type: string, settings: ConnectorSettings, environment?: ConnectorEnvironment): BaseConnector {
    return createConnector(this.definition(type), settings, environment);
  }
}
