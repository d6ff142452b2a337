import { describe, expect, it } from "vitest";
import { SessionCookies } from "./cookies.js";

const origin = "https://s4.example.com";

function sessionWith(...cookies: readonly string[]): SessionCookies {
  const session = new SessionCookies(false);
  session.accept(`${origin}/sap/opu/odata/sap/SRV/Set`, { "set-cookie": [...cookies] });
  return session;
}

describe("SessionCookies", () => {
  it("sends what was set for the whole host with every request", () => {
    const session = sessionWith("SAP_SESSIONID_S4H_100=a; path=/; HttpOnly", "sap-usercontext=sap-client=100; path=/");
    for (const path of ["/sap/opu/odata/sap/SRV/Set", "/other"]) {
      expect(session.headerFor(origin + path)).toBe("SAP_SESSIONID_S4H_100=a; sap-usercontext=sap-client=100");
    }
  });

  it("sends the newest value, and none once the system took it back", () => {
    const session = sessionWith("a=1; path=/");
    expect(session.headerFor(`${origin}/x`)).toBe("a=1");
    session.accept(`${origin}/x`, { "set-cookie": "a=2; path=/" });
    expect(session.headerFor(`${origin}/x`)).toBe("a=2");
    session.accept(`${origin}/x`, { "set-cookie": "a=; path=/; Max-Age=0" });
    expect(session.headerFor(`${origin}/x`)).toBeUndefined();
  });

  it("sends a cookie of one path there only, whichever path is asked for first", () => {
    const session = sessionWith("a=1; path=/", "b=2; path=/sap/bc");
    expect(session.headerFor(`${origin}/sap/opu`)).toBe("a=1");
    expect(session.headerFor(`${origin}/sap/bc/x`)).toBe("b=2; a=1");
    expect(session.headerFor(`${origin}/sap/opu`)).toBe("a=1");
  });

  it("sends nothing to a system that set nothing, until it does", () => {
    const session = new SessionCookies(false);
    expect(session.headerFor(`${origin}/x`)).toBeUndefined();
    session.accept(`${origin}/x`, { "set-cookie": "a=1; path=/" });
    expect(session.headerFor(`${origin}/x`)).toBe("a=1");
  });
});
