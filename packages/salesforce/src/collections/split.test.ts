import { describe, expect, it } from "vitest";
import { splitByLimits } from "./split.js";

const row = (type: string) => ({ type });
const runs = (count: number) =>
  Array.from({ length: count }, (_, index) => row(index % 2 === 0 ? "Account" : "Contact"));

describe("splitByLimits", () => {
  it("gives nothing for nothing", async () => {
    expect(await Array.fromAsync(splitByLimits([]))).toEqual([]);
  });

  it.each([
    [200, [200]],
    [201, [200, 1]],
    [400, [200, 200]],
    [650, [200, 200, 200, 50]],
  ])("puts %i records into parts of %j", async (count, sizes) => {
    const rows = Array.from({ length: count }, () => row("Account"));
    const parts = await Array.fromAsync(splitByLimits(rows));
    expect(parts.map(({ length }) => length)).toEqual(sizes);
    expect(parts.flat()).toEqual(rows);
  });

  it.each([
    [10, [10]],
    [11, [10, 1]],
    [25, [10, 10, 5]],
  ])("puts %i changes of the object into parts of %j", async (count, sizes) => {
    const parts = await Array.fromAsync(splitByLimits(runs(count)));
    expect(parts.map(({ length }) => length)).toEqual(sizes);
  });

  it("counts the first chunk of a part as one, also where it goes on from the part before", async () => {
    const rows = [...Array.from({ length: 201 }, () => row("Account")), ...runs(10).reverse()];
    const parts = await Array.fromAsync(splitByLimits(rows));
    expect(parts.map(({ length }) => length)).toEqual([200, 10, 1]);
  });
});
