export { ApiError, type ApiErrorOptions } from "./api-error.js";
export { type ApiErrorCode, apiErrorCodes } from "./codes.js";
export { type Problem, type ProblemAnswer, problemSchema, toProblem } from "./problem.js";
export { listStatuses, type ProblemCode, statusOf } from "./status-table.js";
export { isUnreadable } from "./unreadable.js";
