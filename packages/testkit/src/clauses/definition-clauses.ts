import {
  assertDefinition,
  assertOperation,
  type ConnectorDefinition,
  type Operation,
  takesContent,
} from "@isthmus/core";
import { z } from "zod";
import type { ClauseCheck } from "../suite/clause.js";
import { withSession } from "../suite/session.js";
import { ContractViolation, demand } from "../violation.js";

/** Clauses about what a definition says of itself. */
export const definitionClauses = {
  "definition.sound": {
    run: (subject, id) =>
      withSession(subject, id, async (session) => assertSound(subject.definition, session.configuration), {
        connected: false,
      }),
  },

  "definition.schemas": {
    run: (subject, id) =>
      withSession(
        subject,
        id,
        async (session) => {
          const { authentication, configuration } = subject.definition;
          for (const [method, scheme] of Object.entries(authentication)) {
            publish(scheme.credentials, "input", `credentials of ${method}`);
          }
          publish(configuration, "input", "configuration");
          for (const operation of subject.definition.operations(session.configuration)) {
            publish(operation.input, "input", `input of ${operation.name}`);
            publish(operation.output, "output", `output of ${operation.name}`);
            if (operation.stream) publish(operation.stream.item, "output", `item of ${operation.name}`);
          }
        },
        { connected: false },
      ),
  },
} as const satisfies Record<string, ClauseCheck>;

function assertSound(definition: ConnectorDefinition, configuration: unknown): void {
  assertDefinition(definition);
  demand(definition.displayName.trim() !== "", "The definition has no displayName.");
  for (const [method, scheme] of Object.entries(definition.authentication)) {
    demand(scheme.title.trim() !== "", `The scheme ${method} has no title.`);
  }
  const names = new Set<string>();
  const operations = definition.operations(configuration);
  demand(operations.length > 0, "The definition has no operation.");
  for (const operation of operations) {
    const { name, summary, kind, idempotent } = operation;
    assertMedia(operation);
    demand(/^[a-z][a-zA-Z0-9]*(\.[a-z][a-zA-Z0-9]*)*$/.test(name), `"${name}" is not a dotted lower-case name.`);
    demand(!names.has(name), `Two operations have the name "${name}".`);
    demand(summary.trim() !== "", `The operation ${name} has no summary.`);
    demand(kind !== "read" || idempotent, `The read ${name} says that it is not idempotent.`);
    names.add(name);
  }
  const hosts = definition.allowedHosts(configuration);
  demand(hosts.length > 0, "The definition allows no host.");
  for (const host of hosts) {
    demand(
      /^(\*\.[^*]+\.)?[^*]+$/.test(host),
      `The allowed host "${host}" lets in more than one organisation's names.`,
    );
  }
}

/** Over HTTP, the input of an operation that takes bytes stands in the query: a property is a parameter. */
function assertMedia(operation: Operation): void {
  assertOperation(operation);
  if (!takesContent(operation)) return;
  const { type } = z.toJSONSchema(operation.input, { io: "input", unrepresentable: "any" });
  demand(type === "object", `${operation.name} takes bytes, so its input has to be an object.`);
}

function publish(schema: z.ZodType, io: "input" | "output", what: string): void {
  try {
    z.toJSONSchema(schema, { io });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ContractViolation(`The ${what} cannot be published as JSON Schema: ${reason}`);
  }
}
