import { ValidationError, type ValidationIssue } from "@isthmus/core";
import { UnfitValue } from "./values/unfit-value.js";

/** More issues than anyone reads. */
const maxIssues = 100;

/** Collects what is wrong with an input, so that one error can name every field. */
export class Issues {
  readonly #what: string;
  readonly #found: ValidationIssue[] = [];

  /** @param what - Names the input at the start of the message: "The record". */
  constructor(what: string) {
    this.#what = what;
  }

  /** Notes a problem. Only the first hundred are kept. */
  add(path: string, message: string): void {
    if (this.#found.length < maxIssues) this.#found.push({ path, message });
  }

  /** Runs a step; an {@link UnfitValue} from it is noted under the path, and the answer is `undefined`. */
  collect<Result>(path: string, step: () => Result): Result | undefined {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof UnfitValue)) throw error;
      this.add(path, error.message);
      return undefined;
    }
  }

  /** @throws {ValidationError} where anything was found. */
  throwIfAny(): void {
    const [first] = this.#found;
    if (!first) return;
    const where = first.path === "" ? "" : ` at ${first.path}`;
    throw new ValidationError(`${this.#what} does not fit${where}: ${first.message}.`, this.#found);
  }
}

/** The path of a field within another one. */
export function within(path: string, name: string | number): string {
  return path === "" ? String(name) : `${path}.${name}`;
}
