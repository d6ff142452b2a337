import { answerUnlessUnchanged, type Validators } from "./conditional/conditional.js";
import { describeBriefly, describeFully } from "./describe.js";
import { objectOf } from "./record-routes.js";
import { renderRecord } from "./render-record.js";
import type { RestCall } from "./rest/rest-call.js";
import type { RestTable } from "./rest/rest-table.js";
import type { OutputValue } from "./schema/definitions.js";
import { listObjects } from "./schema/schema.js";
import type { SalesforceState } from "./state.js";

/** Items that `/recent` gives unless asked for another number. */
const defaultRecent = 10;

/** Adds the describe calls: all objects, one object briefly, one object fully. */
export function addDescribeRoutes(table: RestTable, state: SalesforceState): void {
  const validators = (): Validators => ({ changedAt: state.settings.describeChangedAtMs });
  table.add("GET", "/sobjects", (call) =>
    answerUnlessUnchanged(call, validators(), () => ({
      encoding: "UTF-8",
      maxBatchSize: 200,
      sobjects: listObjects().map((object) => describeBriefly(object, call.version)),
    })),
  );
  table.add("GET", "/sobjects/:object", ({ params, version }) => {
    const object = objectOf(params.object);
    const fields = object.fields.filter((field) => field.type === "id" || field.nameField);
    const recent = [...state.store.all(object)]
      .filter((row) => row.IsDeleted !== true)
      .slice(-5)
      .reverse();
    const recentItems = recent.map((row) => renderRecord(object, row, fields, version));
    return { status: 200, body: { objectDescribe: describeBriefly(object, version), recentItems } };
  });
  table.add("GET", "/recent", (call) => {
    const limit = Number(/^\d{1,4}$/.exec(call.query.limit ?? "")?.[0] ?? defaultRecent);
    return { status: 200, body: listRecent(call, state).slice(0, limit) };
  });
  table.add("GET", "/sobjects/:object/describe", (call) => {
    const object = objectOf(call.params.object);
    return answerUnlessUnchanged(call, validators(), () => describeFully(object, call.version));
  });
}

/** What the user had in hand last: here, what they made or changed, latest first. */
function listRecent(call: RestCall, state: SalesforceState): Record<string, OutputValue>[] {
  const mine = listObjects().flatMap((object) =>
    [...state.store.all(object)]
      .filter((row) => row.LastModifiedById === call.userId && row.IsDeleted !== true)
      .map((row) => ({ object, row })),
  );
  mine.sort((left, right) => String(right.row.LastModifiedDate).localeCompare(String(left.row.LastModifiedDate)));
  return mine.slice(0, 200).map(({ object, row }) => {
    const fields = object.fields.filter((field) => field.type === "id" || field.nameField);
    return renderRecord(object, row, fields, call.version);
  });
}
