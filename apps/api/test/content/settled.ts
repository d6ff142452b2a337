import { expect } from "vitest";

/** The count once it grows no more: what is on its way then stands in the system's own buffers. */
export async function settled(read: () => number): Promise<number> {
  let last = 0;
  const hasSettled = () => {
    const before = last;
    last = read();
    return last > 0 && last === before;
  };
  await expect.poll(hasSettled, { interval: 200, timeout: 20_000 }).toBe(true);
  return last;
}
