import { padNumber, stripZeros } from "../number-ranges.js";
import { type ODataCall, type ODataResponse, versionHeader } from "./call.js";
import type { DoneWrite } from "./done-write.js";
import { malformed, segmentNotFound } from "./failure.js";
import { respondEntity, respondPage } from "./handle-read.js";
import { entityOfType, type OperationModel } from "./model/service-model.js";
import { readFilterTokens } from "./query/filter-tokens.js";
import { Snapshot } from "./read-engine.js";
import { emptyOptions } from "./render/render-v2.js";
import { jsonType } from "./representation.js";
import type { ResourcePath } from "./resource-path.js";
import type { Row } from "./rows.js";
import { decideApproval } from "./write/sales-order-writer.js";
import type { WriteContext } from "./write/writer.js";

type OperationPath = Extract<ResourcePath, { kind: "operation" }>;

/** Runs a function import or action that changes something. @throws {ODataFailure} */
export function callOperation(call: ODataCall, path: OperationPath, context: WriteContext): DoneWrite {
  const { operation, steps } = path;
  const keys = steps.at(-1)?.keys ?? readParameters(call, path);
  const decisions: Record<string, "B" | "C"> = { releaseApprovalRequest: "B", rejectApprovalRequest: "C" };
  const decision = decisions[operation.name.charAt(0).toLowerCase() + operation.name.slice(1)];
  if (decision === undefined) throw segmentNotFound(operation.name);
  decideApproval(keys, decision, context);
  return {
    respond: async () => {
      if (call.service.version === "4.0") return respondBound(call, operation, keys);
      const body = {
        d: {
          [operation.name]: {
            __metadata: { type: `${call.service.namespace}.DummyFunctionImportResult` },
            IsInvalid: false,
          },
        },
      };
      return respondJson(call, body);
    },
  };
}

/** Runs a function that only reads. @throws {ODataFailure} */
export async function callFunction(call: ODataCall, path: OperationPath): Promise<ODataResponse> {
  const { operation } = path;
  const soldTo = stripZeros(String(readParameters(call, path).SoldToParty ?? ""));
  const snapshot = new Snapshot(call.state);
  const [header] = call.service.entities;
  if (header === undefined) throw segmentNotFound(operation.name);
  const open = snapshot
    .rowsOf(header.type)
    .filter((row) => row.SoldToParty === soldTo && row.OverallSDProcessStatus !== "C");
  if (call.service.version === "2.0") return respondPage(call, header, open, emptyOptions, snapshot);
  return respondJson(call, { "@odata.context": "$metadata#Edm.Int32", value: open.length });
}

async function respondBound(call: ODataCall, operation: OperationModel, keys: Row): Promise<ODataResponse> {
  const entity = entityOfType(call.service, operation.boundTo ?? "");
  const snapshot = new Snapshot(call.state);
  const row = snapshot.rowsOf(entity.type).find((candidate) => candidate.SalesOrder === keys.SalesOrder);
  if (row === undefined) throw segmentNotFound(entity.type);
  return respondEntity(call, entity, row, emptyOptions, snapshot);
}

function respondJson(call: ODataCall, body: object): ODataResponse {
  const headers = { ...versionHeader(call.service), "content-type": jsonType(call).contentType };
  return { status: 200, headers, body: JSON.stringify(body) };
}

/** Parameters are literals: in the query in v2, in parentheses in v4 (where `@p` may stand for one in the query). */
function readParameters(call: ODataCall, { operation, literals }: OperationPath): Row {
  const read = ({ name, alpha }: OperationModel["parameters"][number]): [string, string] => {
    const given = literals[name];
    const literal = call.service.version === "2.0" || given?.startsWith("@") ? call.query.get(given ?? name) : given;
    if (literal === null || literal === undefined) throw malformed(`Parameter '${name}' is missing`);
    const [token, ...others] = readFilterTokens(literal);
    if (token?.kind !== "literal" || token.type !== "string" || others.length > 0) {
      throw malformed(`Invalid value for parameter '${name}'`);
    }
    return [name, alpha === true ? stripZeros(padNumber(token.value, 10)) : token.value];
  };
  return Object.fromEntries(operation.parameters.map(read));
}
