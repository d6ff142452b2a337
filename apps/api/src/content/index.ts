export { drain } from "./drain.js";
export { listInputParameters } from "./input-parameters.js";
export { LimitedBody } from "./limited-body.js";
export { type RequestContent, readContent } from "./read-content.js";
export { readJson } from "./read-json.js";
export { linePath, readJsonLines } from "./read-json-lines.js";
export { readQueryInput } from "./read-query-input.js";
export { sendContent } from "./send-content.js";
