/** What the processes of one measurement share. */
export interface ApiBenchTask {
  readonly databaseUrl: string;
  /** As in ISTHMUS_KEYS. */
  readonly keys: string;
  readonly journalFolder: string;
  /** The data key of the one tenant, base64: for the route by hand, which has no provider to ask. */
  readonly dataKey: string;
}

/** Connections for tenants' work and for key look-ups: as many for each contender. */
export const poolSizes = { tenant: 10, system: 6 } as const;

/** Says to the measuring process where this one listens, and what it has used of the processor whenever it is asked. */
export function answerCosts(url: string): void {
  process.send?.(url);
  let before = process.cpuUsage();
  process.on("message", () => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    process.send?.({ cpuMs: (user + system) / 1000 });
  });
}
