import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { ApiError, toProblem } from "../errors/index.js";

/** Answers what is no HTTP request, too large in its headers or too slow: no route and no hook sees it. */
export function answerClientError(_error: Error, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
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
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
