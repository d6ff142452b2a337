import { ValidationError } from "@isthmus/core";
import { isModuleName } from "./abap-names.js";

/** Modules that end a unit of work. They mean something only inside a session, where `commit` calls them. */
const transactionModules: ReadonlySet<string> = new Set(["BAPI_TRANSACTION_COMMIT", "BAPI_TRANSACTION_ROLLBACK"]);

/** Which function modules may be called. */
export class ModuleAllowList {
  readonly #entries: readonly string[];

  /**
   * @param entries - Exact names, or a beginning and a star: `BAPI_SALESORDER_GETLIST`, `Z_*`, `/ROP/*`.
   * @throws {ValidationError} when an entry is neither.
   */
  constructor(entries: readonly string[]) {
    const wrong = entries.flatMap((entry, at) => (isEntry(entry) ? [] : [at]));
    if (wrong.length > 0) {
      const message = "Expected the name of a function module in capitals, or its beginning and a star, such as Z_*.";
      throw new ValidationError(
        "The list of allowed function modules cannot be read.",
        wrong.map((at) => ({ path: `allowed.${at}`, message })),
      );
    }
    this.#entries = entries;
  }

  /**
   * @throws {ValidationError} when the module is not on the list, or ends a unit of work: called alone, a commit would commit
   * nothing and say that all is well.
   */
  assertCallable(name: string): void {
    if (!isModuleName(name)) {
      throw new ValidationError("This is not the name of a function module: capitals, digits and _, such as RFC_PING.");
    }
    if (transactionModules.has(name)) {
      const advice = 'Call the BAPI with commit: "auto", which ends its unit of work in the same session.';
      throw new ValidationError(`${name} does nothing outside of the session of the BAPI that it is for. ${advice}`);
    }
    if (this.#entries.some((entry) => covers(entry, name))) return;
    const list = this.#entries.length === 0 ? "nothing" : this.#entries.join(", ");
    throw new ValidationError(
      `The function module ${name} is not allowed. Allowed is ${list}: add it to the configuration's function modules.`,
    );
  }
}

function isEntry(entry: string): boolean {
  if (!entry.endsWith("*")) return isModuleName(entry);
  // A bare star would allow every module of the system, RFC_ABAP_INSTALL_AND_RUN included.
  const beginning = entry.slice(0, -1);
  return isModuleName(beginning) || /^\/[A-Z0-9_]{1,10}\/$/.test(beginning);
}

function covers(entry: string, name: string): boolean {
  return entry.endsWith("*") ? name.startsWith(entry.slice(0, -1)) : entry === name;
}
