import { describe, expect, it } from "vitest";
import type { HealthState } from "../repositories/index.js";
import { damp, type KnownHealth } from "./damp.js";

/** What is told after each look. */
function tell(...seen: HealthState[]): (HealthState | null)[] {
  let known: KnownHealth = { state: null, seenState: null, seenTimes: 0 };
  return seen.map((each) => {
    known = damp(known, each);
    return known.state;
  });
}
const [h, d, f, r] = ["healthy", "degraded", "failing", "reconnect_required"] as const;

describe("what is told of a connector", () => {
  it.each([
    ["is what the first look finds", [f], [f]],
    ["is not a single bad look", [h, f, h, f, h], [h, h, h, h, h]],
    ["is what two looks in a row find to be worse, the last of them", [h, d, f, f], [h, h, f, f]],
    ["is better after five better looks in a row", [f, h, h, h, d, h, h], [f, f, f, f, f, h, h]],
    [
      "is not better where one of them is bad again",
      [f, h, h, h, h, f, h, h, h, h, h],
      [f, f, f, f, f, f, f, f, f, f, h],
    ],
    ["begins to count anew where it turns round", [d, h, h, h, h, f, f], [d, d, d, d, d, d, f]],
    ["is a lost grant at once, and its return, too", [h, r, h, r, d], [h, r, h, r, d]],
  ] as const)("%s", (_, seen, told) => {
    expect(tell(...seen)).toEqual(told);
  });
});
