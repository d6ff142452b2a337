/** `2026-11-26T10:00:00Z`, and without a zone, as Edm.DateTime of v2 has none. */
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/;

/** Epoch milliseconds of a time; one without a zone is UTC. `undefined` for anything else, such as a decimal timestamp of ABAP. */
export function instantOf(stamp: string): number | undefined {
  const form = isoTime.exec(stamp);
  if (!form) return undefined;
  const instant = Date.parse(form[3] === undefined ? `${stamp}Z` : stamp);
  return Number.isNaN(instant) ? undefined : instant;
}

/** A time so many milliseconds before, in the same form. What is no time stays as it is. */
export function earlier(stamp: string, milliseconds: number): string {
  const instant = instantOf(stamp);
  if (instant === undefined) return stamp;
  const time = new Date(instant - milliseconds).toISOString();
  return isoTime.exec(stamp)?.[3] === undefined ? time.replace("Z", "") : time;
}
