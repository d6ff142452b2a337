import type { VendorMessage } from "@isthmus/core";

/** Message class and number of "someone else is working on it". */
const lockMessages: ReadonlySet<string> = new Set(["M3/024", "V1/042", "VL/046", "ME/006", "MC/601"]);

/** Whether a message says that someone else holds a lock, which passes by itself. */
export function isLockMessage({ code, message }: VendorMessage): boolean {
  return (
    (code !== undefined && lockMessages.has(code)) ||
    /\b(?:is|are|being) (?:currently |already )?(?:locked|processed|blocked|edited) by (?:the )?(?:user|another)\b/i.test(
      message,
    )
  );
}
