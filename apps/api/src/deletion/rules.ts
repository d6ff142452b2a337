import type { DeletionRule } from "./deletion-rule.js";
import { operationRunRule } from "./operation-run-rule.js";
import { scheduleRule } from "./schedule-rule.js";

/** Every reason for which the service refuses a deletion. */
export const deletionRules: readonly DeletionRule[] = [operationRunRule, scheduleRule];
