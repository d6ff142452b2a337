import type { SapState } from "../../state.js";
import type { ODataMessage } from "../failure.js";
import type { Row } from "../rows.js";
import type { Payload } from "./payload.js";

/** What a write is done with. Messages of its success go into `messages`. */
export interface WriteContext {
  state: SapState;
  user: string;
  language: "E" | "D";
  messages: ODataMessage[];
}

/** The rules of one entity type. Each step is synchronous, so that a change set can be done as one. */
export interface EntityWriter {
  /** @returns the new entity's keys. @throws {ODataFailure} */
  create?(payload: Payload, context: WriteContext): Row;
  /** @param values - The properties to change, by name. @throws {ODataFailure} */
  update?(keys: Row, values: Row, context: WriteContext): void;
  /** @throws {ODataFailure} */
  remove?(keys: Row, context: WriteContext): void;
}

/** A text property of what was sent; "" where it was not. */
export function textOf(values: Row, name: string): string {
  const value = values[name];
  return value === null || value === undefined ? "" : String(value);
}

/** Now, but later than `previous`: two changes within a millisecond must not share an ETag. */
export function nextInstant(state: SapState, previous = ""): string {
  const now = state.clock();
  const last = previous === "" ? Number.NEGATIVE_INFINITY : Date.parse(previous);
  return new Date(Math.max(now, last + 1)).toISOString();
}

/** Today in UTC, as `YYYY-MM-DD`. */
export function today(state: SapState): string {
  return new Date(state.clock()).toISOString().slice(0, 10);
}
