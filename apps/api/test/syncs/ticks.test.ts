import { describe, expect, it } from "vitest";
import { dueTicks, mostCaughtUp, nextTick, nextTicks, type Timing } from "../../src/syncs/ticks.js";

const berlin = (cron: string): Timing => ({ cron, timeZone: "Europe/Berlin" });
const times = (dates: readonly Date[]) => dates.map((date) => date.toISOString());

describe("times by cron", () => {
  it("go by the clocks of the time zone, before and after these change", () => {
    expect(times(nextTicks(berlin("0 9 * * *"), new Date("2026-03-27T12:00:00Z"), 3))).toEqual([
      "2026-03-28T08:00:00.000Z",
      "2026-03-29T07:00:00.000Z",
      "2026-03-30T07:00:00.000Z",
    ]);
  });

  it("come at the end of the jump where the clock jumps over them", () => {
    expect(nextTick(berlin("30 2 * * *"), new Date("2026-03-28T12:00:00Z"))).toEqual(new Date("2026-03-29T01:00:00Z"));
  });

  it("come once where the clock shows them twice", () => {
    expect(times(nextTicks(berlin("30 2 * * *"), new Date("2026-10-24T12:00:00Z"), 2))).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
  });

  it("go on in step through both days where they come every so often", () => {
    for (const from of ["2026-03-28T23:45:00Z", "2026-10-24T23:45:00Z"]) {
      const ticks = nextTicks(berlin("*/30 * * * *"), new Date(from), 8);
      const gaps = ticks.slice(1).map((tick, index) => tick.getTime() - (ticks[index]?.getTime() ?? 0));
      expect(gaps).toEqual(Array.from({ length: 7 }, () => 1_800_000));
    }
  });

  it("may never come", () => {
    expect(nextTick(berlin("0 0 31 2 *"), new Date("2026-01-01T00:00:00Z"))).toBeUndefined();
  });

  it.each(["* * *", "60 * * * *", "* * * * * *", "a b c d e", "*/0 * * * *", ""])("refuses %j, saying why", (cron) => {
    const attempt = () => nextTick(berlin(cron), new Date());
    expect(attempt).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED", issues: [expect.objectContaining({ path: "cron" })] }),
    );
  });

  it("refuses a time zone that there is not", () => {
    const attempt = () => nextTick({ cron: "0 0 * * *", timeZone: "Mars/Phobos" }, new Date());
    expect(attempt).toThrow(expect.objectContaining({ issues: [expect.objectContaining({ path: "timeZone" })] }));
  });
});

describe("what is due", () => {
  const every5 = berlin("*/5 * * * *");
  const at = (clock: string) => new Date(`2026-11-26T${clock}Z`);

  it.each(["once", "all", "none"] as const)("is the one time that has come, by %s", (catchUp) => {
    expect(dueTicks(every5, at("10:05:00"), at("10:05:02"), catchUp)).toEqual({
      ticks: [at("10:05:00")],
      next: at("10:10:00"),
    });
  });

  it("is the last of many missed times by once", () => {
    expect(dueTicks(every5, at("10:05:00"), at("13:07:00"), "once")).toEqual({
      ticks: [at("13:05:00")],
      next: at("13:10:00"),
    });
  });

  it("is each of them by all, the oldest first, up to a limit", () => {
    const { ticks, next } = dueTicks(every5, at("10:05:00"), at("10:17:00"), "all");
    expect(times(ticks)).toEqual(times([at("10:05:00"), at("10:10:00"), at("10:15:00")]));
    expect(next).toEqual(at("10:20:00"));
    expect(dueTicks(every5, at("00:00:00"), at("23:00:00"), "all").ticks).toHaveLength(mostCaughtUp);
  });

  it("is only what is not too late by none", () => {
    const daily = berlin("0 9 * * *");
    expect(dueTicks(daily, at("08:00:00"), at("08:05:00"), "none").ticks).toEqual([at("08:00:00")]);
    expect(dueTicks(daily, at("08:00:00"), at("08:05:01"), "none").ticks).toEqual([]);
    expect(dueTicks(every5, at("00:00:00"), at("13:07:00"), "none").ticks).toEqual([at("13:05:00")]);
  });

  it("is a time that was missed on the day on which clocks go back", () => {
    const tick = new Date("2026-10-25T00:30:00Z");
    const due = dueTicks(berlin("30 2 * * *"), tick, new Date("2026-10-25T09:00:00Z"), "once");
    expect(due).toEqual({ ticks: [tick], next: new Date("2026-10-26T01:30:00Z") });
  });
});
