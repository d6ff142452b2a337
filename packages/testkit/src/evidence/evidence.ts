import { inspect } from "node:util";
import type { LifecycleEventName, LifecycleEvents } from "@isthmus/core";
import { findSecrets } from "./find-secrets.js";

/** Where something was said. */
export type EvidenceKind = "error" | "log" | "event";

/** Something that a connector said to the outside, with the clause that made it speak. */
export interface Statement {
  /** Where it was said. */
  readonly kind: EvidenceKind;
  /** Id of the clause that was being checked. */
  readonly clause: string;
  /** The statement in every way in which it could be printed. */
  readonly text: string;
}

/** Everything that connectors said during a suite, and every secret that they must not have said. */
export class Evidence {
  readonly #statements: Statement[] = [];
  readonly #secrets = new Set<string>();
  /** Errors as they were thrown, oldest first. */
  readonly errors: unknown[] = [];

  /** From now on nobody may say `secret`. An empty one is none: a place for a token that has not been granted yet. */
  addSecret(secret: string): void {
    if (secret !== "") this.#secrets.add(secret);
  }

  /** An error that a caller was thrown. */
  addError(clause: string, error: unknown): void {
    this.errors.push(error);
    this.#add("error", clause, error);
  }

  /** What a caller is told of a failure without an error being thrown. */
  addWords(clause: string, words: unknown): void {
    this.#add("error", clause, words);
  }

  /** A log line, of any level. */
  addLogLine(clause: string, level: string, fields: unknown, message: string): void {
    this.#add("log", clause, { level, fields, message });
  }

  /** A lifecycle event. */
  addEvent(clause: string, name: LifecycleEventName, event: LifecycleEvents[LifecycleEventName]): void {
    this.#add("event", clause, { name, event });
  }

  /** How many statements of a kind there are: a search of nothing proves nothing. */
  count(kind: EvidenceKind): number {
    return this.#statements.filter((statement) => statement.kind === kind).length;
  }

  /** One line for each secret that was said, with what stood around it, but without the secret itself. */
  leaks(kind: EvidenceKind): string[] {
    const lines = this.#statements
      .filter((statement) => statement.kind === kind)
      .flatMap(({ clause, text }) =>
        findSecrets(text, this.#secrets).map(
          ({ secret, encoding, context }) =>
            `${clause}: a secret of ${secret.length} characters, as ${encoding}, in ${JSON.stringify(context)}`,
        ),
      );
    return [...new Set(lines)];
  }

  #add(kind: EvidenceKind, clause: string, value: unknown): void {
    this.#statements.push({ kind, clause, text: writeOut(value) });
  }
}

/** Everything that any way of printing a value would show: hidden properties, causes, stacks, `toJSON`. */
function writeOut(value: unknown): string {
  const shown = inspect(value, {
    depth: Number.POSITIVE_INFINITY,
    maxArrayLength: Number.POSITIVE_INFINITY,
    maxStringLength: Number.POSITIVE_INFINITY,
    showHidden: true,
    getters: true,
    breakLength: Number.POSITIVE_INFINITY,
  });
  const parts = [shown, stringify(value)];
  if (value instanceof Error) parts.push(String(value), value.stack ?? "");
  return parts.join("\n");
}

function stringify(value: unknown): string {
  const seen = new WeakSet<object>();
  return (
    JSON.stringify(value, (_key, part: unknown) => {
      if (typeof part === "bigint") return part.toString();
      if (typeof part !== "object" || part === null) return part;
      if (seen.has(part)) return "(seen)";
      seen.add(part);
      return part;
    }) ?? ""
  );
}
