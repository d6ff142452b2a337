/** How it ended: everything is stored, or a batch was refused, or it was to stop and what had been read is stored. */
export type StoringEnd = "done" | "refused" | "stopped";

/**
 * Stores what `source` gives, in its order. Two items are on their way at the most: the next one is read and given away while the one
 * before is stored. When it returns or throws, none is any more.
 *
 * @param store - Stores an item; `false` = it was refused, and nothing more is read.
 * @param isToStop - Asked after each item that was given away.
 * @param leave - Ends a read under way that nobody wants any more.
 * @throws what `store` throws first; else what `source` throws, once everything before it is stored.
 */
export async function twoAtATime<Item>(
  source: AsyncIterable<Item>,
  store: (item: Item) => Promise<boolean>,
  isToStop: () => boolean,
  leave: () => void,
): Promise<StoringEnd> {
  let trouble: { readonly error: unknown } | "refused" | undefined;
  const note = (found: typeof trouble) => {
    trouble ??= found;
    leave();
  };
  // It never rejects: what went wrong is in `trouble`.
  const give = (item: Item) =>
    store(item).then(
      (isStored) => (isStored ? undefined : note("refused")),
      (error: unknown) => note({ error }),
    );
  let before: Promise<void> | undefined;
  let last: Promise<void> | undefined;
  let end: StoringEnd = "done";
  try {
    for await (const item of source) {
      if (trouble !== undefined) break;
      [before, last] = [last, give(item)];
      await before;
      if (trouble !== undefined) break;
      if (isToStop()) {
        end = "stopped";
        break;
      }
    }
  } catch (error) {
    await last;
    if (trouble === undefined) throw error;
  }
  await last;
  if (trouble === "refused") return trouble;
  if (trouble !== undefined) throw trouble.error;
  return end;
}
