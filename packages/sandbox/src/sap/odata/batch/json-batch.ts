import { runAtomically } from "../../state.js";
import { type ODataCall, type ODataResponse, toFailureResponse } from "../call.js";
import type { DoneWrite } from "../done-write.js";
import { ODataFailure } from "../failure.js";
import { performWrite } from "../handle-write.js";
import { parseJson } from "../write/payload.js";
import { malformedBatch } from "./multipart.js";
import { goesOn, partCall } from "./part-call.js";

interface JsonRequest {
  id: string;
  atomicityGroup: string | undefined;
  call: (created: ReadonlyMap<string, string>) => ODataCall;
}

interface JsonResponse {
  id: string;
  status: number;
  headers: Record<string, string>;
  body?: unknown;
}

/** A batch in JSON: newer releases only, so the setting `jsonBatch` turns it on. @throws {ODataFailure} 415 without it */
export async function handleJsonBatch(
  call: ODataCall,
  handle: (part: ODataCall) => Promise<ODataResponse>,
): Promise<ODataResponse> {
  if (!call.state.settings.jsonBatch) {
    throw new ODataFailure(415, "/IWBEP/CM_V4_COS/075", "This release takes batches as multipart/mixed only");
  }
  const { requests } = parseJson(call.body);
  if (!Array.isArray(requests)) throw malformedBatch("'requests' must be an array");
  const read = requests.map((request: unknown) => readRequest(call, request));
  const responses: JsonResponse[] = [];
  for (const group of groupNeighbours(read)) {
    const answers = await answerGroup(call, group, handle);
    responses.push(...answers);
    if (answers.some(({ status }) => status >= 400) && !goesOn(call)) break;
  }
  const headers = { "odata-version": "4.0", "content-type": "application/json;charset=utf-8" };
  return { status: 200, headers, body: JSON.stringify({ responses }) };
}

async function answerGroup(
  call: ODataCall,
  group: readonly JsonRequest[],
  handle: (part: ODataCall) => Promise<ODataResponse>,
): Promise<JsonResponse[]> {
  const [first] = group;
  if (first === undefined) return [];
  if (first.atomicityGroup === undefined) return [toJson(first.id, await handle(first.call(new Map())))];
  try {
    const done = runAtomically(call.state, () => performGroup(group));
    return await Promise.all(group.map(async ({ id }, index) => toJson(id, (await done[index]?.respond()) ?? nothing)));
  } catch (error) {
    // One answer stands for the whole group.
    return [toJson(first.atomicityGroup, toFailureResponse(error, call))];
  }
}

const nothing: ODataResponse = { status: 204, headers: {}, body: "" };

function performGroup(group: readonly JsonRequest[]): DoneWrite[] {
  const created = new Map<string, string>();
  return group.map((request) => {
    const done = performWrite(request.call(created));
    if (done.createdPath !== undefined) created.set(request.id, done.createdPath);
    return done;
  });
}

function readRequest(call: ODataCall, request: unknown): JsonRequest {
  const given: Record<string, unknown> = typeof request === "object" ? { ...request } : {};
  const { id, method, url, atomicityGroup, headers, body } = given;
  if (typeof id !== "string" || typeof method !== "string" || typeof url !== "string") {
    throw malformedBatch("each request needs id, method and url");
  }
  const named = Object.entries(typeof headers === "object" && headers !== null ? headers : {});
  const part = {
    method: method.toUpperCase(),
    url,
    headers: Object.fromEntries(named.map(([name, value]) => [name.toLowerCase(), String(value)])),
    body: body === undefined ? "" : JSON.stringify(body),
  };
  return {
    id,
    atomicityGroup: typeof atomicityGroup === "string" ? atomicityGroup : undefined,
    call: (created) => partCall(call, part, created),
  };
}

/** Requests of one atomicity group stand next to each other; every other one is alone. */
function groupNeighbours(requests: readonly JsonRequest[]): JsonRequest[][] {
  const groups: JsonRequest[][] = [];
  for (const request of requests) {
    const last = groups.at(-1);
    const isSame = request.atomicityGroup !== undefined && last?.[0]?.atomicityGroup === request.atomicityGroup;
    if (isSame && last !== undefined) last.push(request);
    else groups.push([request]);
  }
  return groups;
}

function toJson(id: string, { status, headers, body }: ODataResponse): JsonResponse {
  const isJson = (headers["content-type"] ?? "").includes("json");
  return { id, status, headers, ...(body !== "" && { body: isJson ? JSON.parse(body) : body }) };
}
