import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { EvidenceKind } from "../evidence/evidence.js";
import type { ClauseCheck, ClauseSubject } from "../suite/clause.js";
import type { ClauseId } from "../suite/contract.js";
import { withSession } from "../suite/session.js";
import { demand, demandCode, demandEqual, nameOf } from "../violation.js";
import { isProperError, provokeFailures } from "./provoke-failures.js";

/** Clauses about what a connector does to those around it: other hosts, callers, the process, readers of logs. */
export const conductClauses = {
  "hosts.forbidden": {
    requires: ["misdirection"],
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        const trap = createServer((request, response) => {
          trapped += 1;
          request.resume();
          response.writeHead(200, { "content-type": "application/json" }).end("{}");
        });
        let trapped = 0;
        trap.listen(0, "127.0.0.1");
        await once(trap, "listening");
        try {
          const { port } = trap.address() as AddressInfo;
          const { misdirect } = subject.harness;
          const example = await misdirect?.(session.standIn, `http://127.0.0.1:${port}`);
          demand(example, "The harness has no misdirect.");
          const error = await session.failureOf(() => session.run(example), "An operation that leads elsewhere");
          demandEqual(trapped, 0, "Requests that reached the host elsewhere");
          demandCode(error, ["FORBIDDEN_TARGET"], "An operation that leads elsewhere");
        } finally {
          trap.closeAllConnections();
          trap.close();
        }
      }),
  },

  "errors.branded": {
    run: async (subject, id) => {
      const { errors } = await provokeFailures(subject, id);
      demand(errors.length > 0, "Nothing failed, so nothing is proven.");
      const improper = errors.filter((error) => !isProperError(error)).map(nameOf);
      demand(improper.length === 0, `Thrown: ${[...new Set(improper)].join(", ")}.`);
    },
  },

  "process.quiet": {
    run: async (subject, id) => {
      const { unhandled } = await provokeFailures(subject, id);
      const seen = new Set(unhandled.map(({ event, error }) => `${event}: ${nameOf(error)}`));
      demand(seen.size === 0, `Unhandled: ${[...seen].join("; ")}.`);
    },
  },

  "secrets.errors": { run: (subject, id) => demandSilence(subject, id, "error") },
  "secrets.logs": { run: (subject, id) => demandSilence(subject, id, "log") },
  "secrets.events": { run: (subject, id) => demandSilence(subject, id, "event") },
} as const satisfies Record<string, ClauseCheck>;

/** Provokes every failure, then searches everything of a kind that was said since the suite began. */
async function demandSilence(subject: ClauseSubject, id: ClauseId, kind: EvidenceKind): Promise<void> {
  await provokeFailures(subject, id);
  const { evidence } = subject;
  demand(kind === "log" || evidence.count(kind) > 0, `There was no ${kind} to search.`);
  const leaks = evidence.leaks(kind);
  demand(leaks.length === 0, `${leaks.length} leaks: ${leaks.slice(0, 5).join(" | ")}`);
}
