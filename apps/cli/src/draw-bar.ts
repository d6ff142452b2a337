/** A bar of `width` characters. Full where there is nothing to do, and never longer: there may be more done than was to do. */
export function drawBar(done: number, total: number, width: number): string {
  const filled = total === 0 ? width : Math.min(width, Math.floor((width * done) / total));
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}]`;
}
