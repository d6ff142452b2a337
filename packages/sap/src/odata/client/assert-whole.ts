import { ConnectorError } from "@isthmus/core";

const goesOn = /^(.+?)@(?:odata\.)?nextLink$/;

/**
 * Refuses a record of which an expanded list came in part only. Followed, its pages would cost a request for each record; handed
 * over as it is, the rest would be missing without a word.
 *
 * @throws {ConnectorError} `UNSUPPORTED`, naming the list.
 */
export function assertWhole<Read extends { readonly annotations: Readonly<Record<string, unknown>> }>(
  read: Read,
): Read {
  for (const name in read.annotations) {
    const list = goesOn.exec(name)?.[1];
    if (list === undefined) continue;
    throw new ConnectorError(
      "UNSUPPORTED",
      `The service gives only a part of the expanded list ${list}. Query the list's own entity set, with the record's key in the filter.`,
    );
  }
  return read;
}
