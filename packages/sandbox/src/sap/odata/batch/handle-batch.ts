import { STATUS_CODES } from "node:http";
import { runAtomically } from "../../state.js";
import { type ODataCall, type ODataResponse, toFailureResponse, versionHeader } from "../call.js";
import type { DoneWrite } from "../done-write.js";
import { ODataFailure } from "../failure.js";
import { performWrite } from "../handle-write.js";
import { handleJsonBatch } from "./json-batch.js";
import {
  boundaryOf,
  type MimePart,
  malformedBatch,
  readHttpMessage,
  readParts,
  writeHttpMessage,
  writeParts,
} from "./multipart.js";
import { goesOn, partCall } from "./part-call.js";

/** Requests in one batch at most. */
const maximumParts = 1_000;

/** Answers each part of a `$batch` in its order; a change set as a whole or, when one of its parts fails, with that one error. */
export async function handleBatch(
  call: ODataCall,
  handle: (part: ODataCall) => Promise<ODataResponse>,
): Promise<ODataResponse> {
  if (call.method !== "POST")
    throw new ODataFailure(405, "/IWFND/CM_MGW/096", `Method ${call.method} is not allowed on $batch`);
  if (call.service.version === "4.0" && (call.headers["content-type"] ?? "").includes("application/json")) {
    return handleJsonBatch(call, handle);
  }
  const parts = readParts(call.body, boundaryOf(call.headers["content-type"]));
  if (parts.length > maximumParts) throw malformedBatch(`it has more than ${maximumParts} parts`);
  const answers: MimePart[] = [];
  for (const part of parts) {
    const answer = await answerPart(call, part, handle);
    answers.push(answer);
    if (isFailure(answer) && !goesOn(call)) break;
  }
  const boundary = newBoundary(call);
  return {
    // v2 answers 202, v4 200.
    status: call.service.version === "2.0" ? 202 : 200,
    headers: { ...versionHeader(call.service), "content-type": `multipart/mixed; boundary=${boundary}` },
    body: writeParts(boundary, answers),
  };
}

function isFailure({ content }: MimePart): boolean {
  return /^HTTP\/1\.1 [45]/.test(content);
}

async function answerPart(
  call: ODataCall,
  part: MimePart,
  handle: (part: ODataCall) => Promise<ODataResponse>,
): Promise<MimePart> {
  const contentType = part.headers["content-type"] ?? "";
  if (/^multipart\/mixed/i.test(contentType)) return answerChangeSet(call, part);
  const inner = toCall(call, part, new Map());
  if (inner.method !== "GET" && call.service.version === "2.0") {
    // In v2 only reads may stand outside a change set.
    const failure = new ODataFailure(400, "/IWFND/CM_BEC/002", "Changes must be inside a change set");
    return toPart(toFailureResponse(failure, inner), part);
  }
  return toPart(await handle(inner), part);
}

async function answerChangeSet(call: ODataCall, part: MimePart): Promise<MimePart> {
  const requests = readParts(part.content, boundaryOf(part.headers["content-type"]));
  try {
    const done = runAtomically(call.state, () => performAll(call, requests));
    const answers: MimePart[] = [];
    for (const [index, write] of done.entries()) answers.push(toPart(await write.respond(), requests[index]));
    const boundary = newBoundary(call);
    return {
      headers: { "content-type": `multipart/mixed; boundary=${boundary}` },
      content: writeParts(boundary, answers),
    };
  } catch (error) {
    return toPart(toFailureResponse(error, call), undefined);
  }
}

function performAll(call: ODataCall, requests: readonly MimePart[]): DoneWrite[] {
  const created = new Map<string, string>();
  return requests.map((request) => {
    const inner = toCall(call, request, created);
    if (inner.method === "GET") throw malformedBatch("a change set has no reads");
    const done = performWrite(inner);
    const id = contentIdOf(request);
    if (id !== undefined && done.createdPath !== undefined) created.set(id, done.createdPath);
    return done;
  });
}

function toCall(call: ODataCall, part: MimePart, created: ReadonlyMap<string, string>): ODataCall {
  if (!/^application\/http/i.test(part.headers["content-type"] ?? "")) {
    throw malformedBatch("a part must be of type application/http or multipart/mixed");
  }
  const message = readHttpMessage(part.content);
  const [, method, url] = /^([A-Z]+) (\S+) HTTP\/1\.[01]$/.exec(message.startLine) ?? [];
  if (method === undefined || url === undefined)
    throw malformedBatch(`"${message.startLine.slice(0, 60)}" is no request line`);
  return partCall(call, { method, url, headers: message.headers, body: message.body.replace(/\r\n$/, "") }, created);
}

function toPart(response: ODataResponse, request: MimePart | undefined): MimePart {
  const id = request === undefined ? undefined : contentIdOf(request);
  const startLine = `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}`;
  return {
    headers: {
      "content-type": "application/http",
      "content-transfer-encoding": "binary",
      ...(id !== undefined && { "content-id": id }),
    },
    content: writeHttpMessage({ startLine, headers: response.headers, body: response.body }),
  };
}

function contentIdOf(part: MimePart): string | undefined {
  const end = part.content.indexOf("\r\n");
  return part.headers["content-id"] ?? (end < 0 ? undefined : readHttpMessage(part.content).headers["content-id"]);
}

function newBoundary({ state }: ODataCall): string {
  return `${Buffer.from(state.random(16)).toString("hex").toUpperCase()}0`;
}
