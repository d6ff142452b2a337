import { runAtomically } from "../state.js";
import { handleBatch } from "./batch/handle-batch.js";
import { type ODataCall, type ODataResponse, toFailureResponse } from "./call.js";
import { ODataFailure } from "./failure.js";
import { handleRead } from "./handle-read.js";
import { performWrite } from "./handle-write.js";
import { callFunction } from "./operations.js";
import { parseResourcePath } from "./resource-path.js";

/** Answers one request to a service, in the protocol's form also where it fails. */
export async function handleCall(call: ODataCall): Promise<ODataResponse> {
  try {
    const path = parseResourcePath(call.service, call.path);
    if (path.kind === "batch") return await handleBatch(call, handleCall);
    if (call.method === "GET") {
      return path.kind === "operation" ? await readOperation(call, path) : await handleRead(call, path);
    }
    const done = runAtomically(call.state, () => performWrite(call));
    return await done.respond();
  } catch (error) {
    return toFailureResponse(error, call);
  }
}

function readOperation(call: ODataCall, path: Parameters<typeof callFunction>[1]): Promise<ODataResponse> {
  if (path.operation.method === "GET") return callFunction(call, path);
  throw new ODataFailure(405, "/IWFND/CM_MGW/096", `${path.operation.name} is called by ${path.operation.method}`);
}
