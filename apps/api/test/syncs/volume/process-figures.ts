import { readFileSync } from "node:fs";

/** Milliseconds of a tick of the kernel's clock on Linux, whatever the machine. */
const tickMs = 10;

/** Milliseconds of processor that a process has used, by the kernel. Linux only. */
export function processorMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** Bytes of memory that a process holds. Linux only. */
export function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1_024;
}
