import { accessRows } from "./access-rows.js";
import { limitRows } from "./limit-rows.js";
import { recordRows } from "./record-rows.js";
import { redirectRows, requestRows } from "./request-rows.js";
import type { Row } from "./row.js";

/**
 * What each failure of Salesforce's means. What stands first wins, so the particular comes before the general. Each row has
 * an example in `test/fixtures/errors.json`.
 */
export const table: readonly Row[] = [...redirectRows, ...accessRows, ...limitRows, ...recordRows, ...requestRows];
