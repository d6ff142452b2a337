import {
  isConnectorError,
  outcomeOfConflict,
  outcomeOfFailure,
  type RecordOutcome,
  type RecordWriteCall,
  type RecordWriter,
} from "@isthmus/core";
import type { RecordResult } from "../collections/results.js";
import type { SubrequestResult } from "../composite/results.js";
import { assertSobjectName } from "../names.js";
import type { SalesforceConnector } from "../salesforce-connector.js";
import { lookUp } from "./look-up.js";
import { planStep, type Step } from "./plan.js";

/** Records of one collections request. */
const batchSize = 200;
/** Conditional changes of one composite request. */
const conditionalSize = 25;

/**
 * Writes records of one object in bulk: by collections, and where nobody may have changed them meanwhile, by composite
 * requests whose parts say `If-Unmodified-Since`. Salesforce compares whole seconds there; what was changed before the
 * batch began is compared exactly.
 */
export function createRecordWriter(connector: SalesforceConnector): RecordWriter {
  return {
    batchSize,
    baseOf({ SystemModstamp, LastModifiedDate }) {
      const stamp = SystemModstamp ?? LastModifiedDate;
      return typeof stamp === "string" ? stamp : undefined;
    },
    async write(sobject, records, call) {
      assertSobjectName(sobject);
      const found = await lookUp(connector, sobject, records, call);
      const steps = records.map((record) => planStep(record, call.policy, found(record)));
      return new Batch(connector, sobject, steps, call).run();
    },
  };
}

type StepOf<Name extends Step["do"]> = Extract<Step, { readonly do: Name }>;

/** The steps of one call, each kind in requests of its own. */
class Batch {
  readonly #connector: SalesforceConnector;
  readonly #sobject: string;
  readonly #steps: readonly Step[];
  readonly #call: RecordWriteCall;
  readonly #outcomes = new Map<Step, RecordOutcome>();

  constructor(connector: SalesforceConnector, sobject: string, steps: readonly Step[], call: RecordWriteCall) {
    this.#connector = connector;
    this.#sobject = sobject;
    this.#steps = steps;
    this.#call = call;
  }

  async run(): Promise<readonly RecordOutcome[]> {
    const { collections } = this.#connector;
    const options = { signal: this.#call.signal };
    const sobject = this.#sobject;
    await this.#each(
      "create",
      (steps) =>
        collections.create(
          sobject,
          steps.map(({ record }) => record),
          options,
        ),
      (result, step) => this.#toCreated(result, step),
    );
    for (const field of new Set(this.#of("upsert").map((step) => step.field))) {
      const isOf = (step: StepOf<"upsert">) => step.field === field;
      const write = (steps: readonly StepOf<"upsert">[]) =>
        collections.upsert(
          sobject,
          field,
          steps.map(({ record }) => record),
          options,
        );
      await this.#each("upsert", write, (result) => toOutcome(result, result.created ? "created" : "updated"), isOf);
    }
    const update = (steps: readonly StepOf<"update">[]) =>
      collections.update(
        sobject,
        steps.map(({ id, record }) => ({ ...record, Id: id })),
        options,
      );
    await this.#each("update", update, (result) => toOutcome(result, "updated"));
    await this.#updateUnchanged();
    const remove = (steps: readonly StepOf<"delete">[]) =>
      collections.delete(
        steps.map(({ id }) => id),
        options,
      );
    await this.#each("delete", remove, (result) => toOutcome(result, "deleted"));
    return this.#steps.map((step) => {
      const outcome = step.do === "nothing" ? step.outcome : this.#outcomes.get(step);
      if (outcome === undefined) throw new TypeError("Each step has an outcome.");
      return outcome;
    });
  }

  #of<Name extends Step["do"]>(name: Name): StepOf<Name>[] {
    return this.#steps.filter((step): step is StepOf<Name> => step.do === name);
  }

  /** A failure in between is the outcome of what was not sent: the rest stands. */
  async #each<Name extends Step["do"]>(
    name: Name,
    write: (steps: readonly StepOf<Name>[]) => Promise<readonly RecordResult[]>,
    toResult: (result: RecordResult, step: StepOf<Name>) => RecordOutcome,
    isWanted: (step: StepOf<Name>) => boolean = () => true,
  ): Promise<void> {
    const steps = this.#of(name).filter(isWanted);
    if (steps.length === 0) return;
    const results = await write(steps);
    for (const [index, step] of steps.entries()) {
      const result = results[index];
      if (result) this.#outcomes.set(step, toResult(result, step));
    }
  }

  async #updateUnchanged(): Promise<void> {
    const steps = this.#of("update_unchanged");
    for (let from = 0; from < steps.length; from += conditionalSize) {
      const part = steps.slice(from, from + conditionalSize);
      const requests = part.map(({ id, record, base }, index) => ({
        referenceId: `record${index}`,
        method: "PATCH" as const,
        path: `/sobjects/${this.#sobject}/${id}`,
        body: record,
        headers: { "If-Unmodified-Since": toHttpDate(base) },
      }));
      const settle = (step: StepOf<"update_unchanged">, { error }: Pick<SubrequestResult, "error">) =>
        this.#outcomes.set(step, error ? this.#toConditional(error, step.id) : { outcome: "updated", id: step.id });
      try {
        const results = await this.#connector.composite.send(requests, { signal: this.#call.signal });
        for (const [index, step] of part.entries()) settle(step, results[index] ?? {});
      } catch (error) {
        if (!isConnectorError(error)) throw error;
        for (const step of part) settle(step, { error });
      }
    }
  }

  /** A record that was created with an external id can be looked up by it, and is there already where somebody else made it. */
  #toCreated({ id, error }: RecordResult, { isKeyed }: StepOf<"create">): RecordOutcome {
    if (error === undefined) return { outcome: "created", ...(id !== undefined && { id }) };
    if (isKeyed && error.code === "OUTCOME_UNKNOWN") return { outcome: "again", attempted: true, error };
    if (isKeyed && error.code === "CONFLICT" && !error.retryable) return outcomeOfConflict(this.#call.policy, id);
    return outcomeOfFailure(error, id);
  }

  #toConditional(error: unknown, id: string): RecordOutcome {
    const { code, vendor } = isConnectorError(error) ? error : {};
    // It was there when the batch began.
    if (vendor?.status === 412 || code === "NOT_FOUND") return outcomeOfConflict(this.#call.policy, id);
    // The next try looks whether it arrived.
    if (isConnectorError(error) && code === "OUTCOME_UNKNOWN") return { outcome: "again", attempted: true, error };
    return outcomeOfFailure(error, id);
  }
}

function toOutcome({ id, error }: RecordResult, outcome: "created" | "updated" | "deleted"): RecordOutcome {
  if (error === undefined) return { outcome, ...(id !== undefined && { id }) };
  return outcomeOfFailure(error, id);
}

function toHttpDate(base: string): string {
  return new Date(base.replace(/([+-]\d\d)(\d\d)$/, "$1:$2")).toUTCString();
}
