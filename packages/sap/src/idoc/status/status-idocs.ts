import type { Idoc, IdocSegment } from "../idoc.js";
import { type IdocStatus, toIdocStatus } from "./idoc-status.js";

/** What a status IDoc reports of others. */
export interface ReportedStatus extends IdocStatus {
  /** Number of the IDoc in the system that received it. Only an `ALEAUD` tells. */
  readonly receiverDocnum?: string;
}

/** Whether an IDoc reports the status of others: message type `STATUS` (`SYSTAT01`) or `ALEAUD` (`ALEAUD01`). */
export function isStatusIdoc({ control }: Idoc): boolean {
  return control.MESTYP === "STATUS" || control.MESTYP === "ALEAUD";
}

/**
 * The statuses that a status IDoc reports, by the number under which **we** sent the IDocs they are about.
 *
 * `SYSTAT01` has a segment `E1STATS` for each; `ALEAUD01` an `E1STATE` below `E1ADHDR`, with the receiver's own number and the
 * objects that came of it in `E1PRTOB`.
 *
 * @returns nothing for an IDoc of another message type.
 */
export function readStatusIdoc(idoc: Idoc): readonly ReportedStatus[] {
  if (!isStatusIdoc(idoc)) return [];
  return collect(idoc.segments, new Set(["E1STATS", "E1STATE"])).map((segment) => {
    const results = segment.segments.filter(({ name }) => name === "E1PRTOB").map(({ fields }) => fields);
    const receiver = results.find(({ DOCNUM }) => /[1-9]/.test(DOCNUM ?? ""))?.DOCNUM?.trim();
    const objects = results
      .map(({ OBJTYPE, OBJKEY }) => ({ type: OBJTYPE?.trim() ?? "", key: OBJKEY?.trim() ?? "" }))
      .filter(({ key }) => key !== "");
    return {
      ...toIdocStatus(segment.fields),
      ...(receiver !== undefined && { receiverDocnum: receiver.padStart(16, "0") }),
      ...(objects.length > 0 && { objects }),
    };
  });
}

function collect(segments: readonly IdocSegment[], names: ReadonlySet<string>): readonly IdocSegment[] {
  return segments.flatMap((segment) => (names.has(segment.name) ? [segment] : collect(segment.segments, names)));
}
