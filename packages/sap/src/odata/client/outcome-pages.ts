import { ConnectorError, OutcomeUnknownError } from "@isthmus/core";
import type { ODataCall } from "./call.js";
import type { OutcomePage } from "./operation-calls.js";
import type { ODataOutcome } from "./results.js";

/** Values of one list that are gathered: more belong into a query, which is read page by page. */
const mostValues = 100_000;

/**
 * All that an operation gave, page after page.
 *
 * @throws {OutcomeUnknownError} when the operation changed something and a later page could not be read: it was done.
 * @throws {ConnectorError} `RESPONSE_TOO_LARGE` for a list without measure.
 */
export async function readOutcome(
  call: ODataCall<OutcomePage>,
  pages: AsyncIterable<OutcomePage>,
): Promise<ODataOutcome> {
  const read: ODataOutcome[] = [];
  try {
    let count = 0;
    for await (const { next: _next, ...page } of pages) {
      read.push(page);
      count += Array.isArray(page.value) ? page.value.length : 1;
      if (count > mostValues) {
        throw new ConnectorError("RESPONSE_TOO_LARGE", `${call.name} gives more than ${mostValues} values.`);
      }
    }
  } catch (error) {
    if (read.length === 0 || !call.changes) throw error;
    throw new OutcomeUnknownError(`${call.name} was done, but not all that it gave could be read.`, {
      cause: error,
      reconcile: call.reconcile ?? `Look up in SAP what ${call.name} does, before calling it again.`,
    });
  }
  const [first] = read;
  if (first && read.length === 1) return first;
  return { value: read.flatMap(({ value }) => value), messages: read.flatMap(({ messages }) => messages) };
}
