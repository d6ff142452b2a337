import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { ApiError, toProblem } from "../errors/index.js";
import { securityHeaders } from "./security-headers.js";

/** Answers what is no HTTP request, too large in its headers or too slow: no route and no hook sees it. */
export function clientErrorHandler(https: boolean): (error: Error, socket: Socket) => void {
  const headers = Object.entries(securityHeaders(https)).map(([name, value]) => `${name}: ${value}`);
  return (_error, socket) => {
    if (socket.writable) socket.end(describeClientError(headers));
    else socket.destroy();
  };
}

function describeClientError(headers: readonly string[]): string {
  const error = new ApiError(
    "BAD_REQUEST",
    "The request is not well-formed HTTP, its headers are too large, or it came too slowly.",
  );
  const { problem } = toProblem(error, randomUUID());
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} Bad Request`,
    "content-type: application/problem+json",
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${problem.requestId}`,
    ...headers,
    "connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}
