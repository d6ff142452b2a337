import { z } from "zod";
import { type CallPriority, callPriorities, defaultQuotaShares, type QuotaShares } from "../budgets/priorities.js";

const part = /^([a-z]+)=(\d{1,3})$/;

/** Parts of a day's quota as a person writes them, in percent: `sync=90,backfill=80`. Those left out are as by default. */
export const quotaSharesVariable = z
  .string()
  .refine((text) => split(text).every(isPart), {
    error: `is not a list like hook=95,sync=90,backfill=80: names of ${callPriorities.join(", ")}, with 1 to 100 percent.`,
  })
  .transform(toShares)
  .prefault("");

function split(text: string): string[] {
  return text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

function isPart(text: string): boolean {
  const [, name, percent] = part.exec(text) ?? [];
  return callPriorities.some((priority) => priority === name) && Number(percent) >= 1 && Number(percent) <= 100;
}

function toShares(text: string): QuotaShares {
  const given = new Map(split(text).map((each) => [part.exec(each)?.[1], Number(part.exec(each)?.[2]) / 100]));
  const shareOf = (priority: CallPriority) => given.get(priority) ?? defaultQuotaShares[priority];
  return {
    interactive: shareOf("interactive"),
    hook: shareOf("hook"),
    sync: shareOf("sync"),
    backfill: shareOf("backfill"),
  };
}
