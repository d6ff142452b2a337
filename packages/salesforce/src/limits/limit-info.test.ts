import { describe, expect, it } from "vitest";
import { readLimitInfo } from "./limit-info.js";

describe("readLimitInfo", () => {
  it.each([
    ["api-usage=18/5000", { organization: { used: 18, max: 5000 } }],
    [
      "api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)",
      { organization: { used: 25, max: 5000 }, app: { used: 17, max: 250, name: "sample-connected-app" } },
    ],
    [
      "per-app-api-usage=17/250(appName=My app, the 2nd),api-usage=25/5000",
      { organization: { used: 25, max: 5000 }, app: { used: 17, max: 250, name: "My app, the 2nd" } },
    ],
    ["api-usage=5012/5000", { organization: { used: 5012, max: 5000 } }],
    ["api-usage=1/0", {}],
    ["api-usage=many/5000", {}],
    ["", {}],
  ])("reads %j", (header, expected) => {
    expect(readLimitInfo({ "sforce-limit-info": header })).toEqual(expected);
  });

  it("reads the header where it came in pieces, and nothing where there is none", () => {
    const headers = { "sforce-limit-info": ["api-usage=1/100", "per-app-api-usage=1/10(appName=a)"] };
    expect(readLimitInfo(headers)).toEqual({
      organization: { used: 1, max: 100 },
      app: { used: 1, max: 10, name: "a" },
    });
    expect(readLimitInfo({})).toEqual({});
  });
});
