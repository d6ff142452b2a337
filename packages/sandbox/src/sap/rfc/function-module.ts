import type { AbapRow } from "../business-data.js";
import type { AbapSession } from "./abap-sessions.js";
import { type AbapType, initialValue } from "./abap-types.js";
import type { RfcSystem } from "./rfc-system.js";

/** A structure of the ABAP dictionary: its fields in their order. */
export interface AbapStructure {
  readonly name: string;
  readonly fields: readonly (readonly [name: string, type: AbapType])[];
}

/** One parameter, named from the function module's side: an importing parameter is what the caller sends. */
export interface Parameter {
  readonly name: string;
  readonly direction: "importing" | "exporting" | "changing" | "tables";
  /** A structure for `tables`: that of a row. */
  readonly type: AbapType | AbapStructure;
  /** Whether a caller may leave it out. Default true: most are. */
  readonly optional?: boolean;
}

/** A remote-enabled function module. */
export interface FunctionModule {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** The classic exceptions that it declares. */
  readonly exceptions: readonly string[];
  run(call: FunctionCall): void;
}

/** Whether a parameter's type is a structure. */
export function isStructure(type: AbapType | AbapStructure): type is AbapStructure {
  return "fields" in type;
}

/** A row in which every field is initial. */
export function initialRow(structure: AbapStructure): AbapRow {
  return Object.fromEntries(structure.fields.map(([name, type]) => [name, initialValue(type)]));
}

/** `given` completed to a whole row. */
export function toRow(structure: AbapStructure, given: AbapRow): AbapRow {
  return { ...initialRow(structure), ...given };
}

/** The values of one call: what came in, and what goes out. */
export class FunctionCall {
  readonly session: AbapSession;
  readonly parts: RfcSystem;
  /** Scalars by parameter. */
  readonly values = new Map<string, string>();
  /** Structures by parameter. */
  readonly structures = new Map<string, AbapRow>();
  /** Tables by parameter, as far as the caller sent them; an empty one counts as sent. */
  readonly tables = new Map<string, AbapRow[]>();
  readonly #module: FunctionModule;

  constructor(module: FunctionModule, session: AbapSession, parts: RfcSystem) {
    this.#module = module;
    this.session = session;
    this.parts = parts;
  }

  /** The value of a scalar; initial where nobody set it. */
  value(name: string): string {
    const type = this.#type(name);
    return this.values.get(name) ?? (isStructure(type) ? "" : initialValue(type));
  }

  /** The value of a structure; initial where nobody set it. */
  structure(name: string): AbapRow {
    const type = this.#type(name);
    return this.structures.get(name) ?? (isStructure(type) ? initialRow(type) : {});
  }

  /** The rows of a table. */
  rows(name: string): readonly AbapRow[] {
    return this.tables.get(name) ?? [];
  }

  /** Sets an exporting scalar. */
  setValue(name: string, value: string): void {
    this.values.set(name, value);
  }

  /** Sets an exporting structure; fields that are left out become initial. */
  setStructure(name: string, row: AbapRow): void {
    const type = this.#type(name);
    if (isStructure(type)) this.structures.set(name, toRow(type, row));
  }

  /** Replaces the rows of a table. Nobody hears of a table that the caller did not send. */
  setRows(name: string, rows: readonly AbapRow[]): void {
    const type = this.#type(name);
    if (!this.tables.has(name) || !isStructure(type)) return;
    this.tables.set(
      name,
      rows.map((row) => toRow(type, row)),
    );
  }

  #type(name: string): AbapType | AbapStructure {
    const parameter = this.#module.parameters.find((candidate) => candidate.name === name);
    if (parameter === undefined) throw new Error(`${this.#module.name} has no parameter ${name}.`);
    return parameter.type;
  }
}
