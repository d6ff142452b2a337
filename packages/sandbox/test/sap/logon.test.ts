import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { basic, openSandbox, part, roots, SapCaller } from "./client.js";

let caller: SapCaller;
let now = Date.UTC(2026, 4, 31, 10, 20, 30);

beforeAll(async () => {
  caller = await openSandbox({ clock: () => now });
});
beforeEach(() => {
  caller.sandbox.reset();
  caller.cookies.clear();
  caller.token = undefined;
});
afterAll(() => caller.sandbox.close());

const order = (material = "TG11") => ({
  SoldToParty: "17100001",
  to_Item: [{ Material: material, RequestedQuantity: "5" }],
});

function knock(headers: Record<string, string>, path: string = roots.order): Promise<Response> {
  return fetch(caller.sandbox.url + path, { headers: { accept: "application/json", ...headers } });
}

describe("logon by password", () => {
  it("turns a wrong password away with 401 and a page, not JSON", async () => {
    const response = await knock({ authorization: basic("ISTHMUS", "wrong") });
    expect(response.status).toBe(401);
    expect(response.headers.get("content-type")).toMatch("text/html");
    expect(response.headers.get("www-authenticate")).toBe('Basic realm="SAP NetWeaver Application Server [S4H/100]"');
    expect(await response.text()).toContain("Logon failed");
  });

  it("says so in German to whoever asks in German", async () => {
    const response = await knock({ authorization: basic("ISTHMUS", "wrong") }, `${roots.order}?sap-language=DE`);
    expect(await response.text()).toContain("Anmeldung fehlgeschlagen");
  });

  it("takes the user's name in any case, and not without a password", async () => {
    expect((await knock({ authorization: basic("isthmus", caller.sandbox.user.password) })).status).toBe(200);
    expect((await knock({})).status).toBe(401);
  });

  it("locks a user after five wrong passwords in a row: then the right one is refused with the same page", async () => {
    for (let attempt = 0; attempt < 5; attempt += 1) await knock({ authorization: basic("ISTHMUS", "wrong") });
    const response = await knock({ authorization: basic("ISTHMUS", caller.sandbox.user.password) });
    expect(response.status).toBe(401);
    expect(await response.text()).toContain("Name or password is incorrect");
    expect(caller.sandbox.isLocked("ISTHMUS")).toBe(true);
    expect(caller.sandbox.unlock("isthmus")).toBe(true);
    expect((await knock({ authorization: basic("ISTHMUS", caller.sandbox.user.password) })).status).toBe(200);
  });

  it("counts only failures in a row", async () => {
    for (let attempt = 0; attempt < 4; attempt += 1) await knock({ authorization: basic("ISTHMUS", "wrong") });
    await knock({ authorization: basic("ISTHMUS", caller.sandbox.user.password) });
    await knock({ authorization: basic("ISTHMUS", "wrong") });
    expect(caller.sandbox.isLocked("ISTHMUS")).toBe(false);
  });

  it("refuses a user whom the administrator has locked, and a client that is not there", async () => {
    expect((await knock({ authorization: basic("LOCKED", "Sandbox-Password-2") })).status).toBe(401);
    const authorization = basic("ISTHMUS", caller.sandbox.user.password);
    const response = await knock({ authorization }, `${roots.order}?sap-client=999`);
    expect(response.status).toBe(401);
    expect(await response.text()).toContain("Client is not available in this system (999)");
  });

  it("may show the logon form with 200 instead, as some systems do", async () => {
    caller.sandbox.configure({ logonForm: true });
    const response = await knock({ authorization: basic("ISTHMUS", "wrong") });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("sap-password");
  });
});

describe("logon by token", () => {
  const ask = (body: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${caller.sandbox.url}/oauth/token`, { method: "POST", body: new URLSearchParams(body), headers });

  it("gives a token for client credentials in the body, and takes it", async () => {
    const { id, secret } = caller.sandbox.client;
    const response = await ask({ grant_type: "client_credentials", client_id: id, client_secret: secret });
    const body: unknown = await response.json();
    expect(body).toMatchObject({ token_type: "bearer", expires_in: 43_199 });
    const authorization = `Bearer ${String(part(body, "access_token"))}`;
    expect((await knock({ authorization })).status).toBe(200);
    now += 13 * 60 * 60 * 1000;
    const late = await knock({ authorization });
    expect(late.status).toBe(401);
    expect(late.headers.get("www-authenticate")).toMatch(/^Bearer/);
  });

  it("refuses Basic credentials that are URL-encoded, unless a header says that they are", async () => {
    const { id, secret } = caller.sandbox.client;
    const encoded = basic(encodeURIComponent(id), encodeURIComponent(secret));
    const grant = { grant_type: "client_credentials" };
    const refused = await ask(grant, { authorization: encoded });
    expect(refused.status).toBe(401);
    expect(await refused.json()).toEqual({ error: "unauthorized", error_description: "Bad credentials" });
    expect((await ask(grant, { authorization: encoded, "x-cf-encoded-credentials": "true" })).status).toBe(200);
    expect((await ask(grant, { authorization: basic(id, secret) })).status).toBe(200);
  });
});

describe("sessions and CSRF tokens", () => {
  it("gives a token with its cookies to a read that fetches one", async () => {
    const response = await caller.ask(roots.order, { headers: { "x-csrf-token": "Fetch" } });
    expect(response.headers.get("x-csrf-token")).toMatch(/^\S{20,}$/);
    expect([...caller.cookies.keys()]).toEqual(["sap-usercontext", "SAP_SESSIONID_S4H_100", "sap-XSRF_S4H_100"]);
  });

  it("does not need the password again within a session", async () => {
    await caller.fetchToken();
    const cookie = [...caller.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    expect((await knock({ cookie })).status).toBe(200);
    now += 31 * 60 * 1000;
    expect((await knock({ cookie })).status).toBe(401);
  });

  it("refuses a change without a token, with another's, or without a cookie", async () => {
    const create = () => caller.send("POST", `${roots.order}A_SalesOrder`, order());
    const refused = await create();
    expect(refused.status).toBe(403);
    expect(refused.headers.get("x-csrf-token")).toBe("Required");
    expect(await refused.text()).toBe("CSRF token validation failed");

    await caller.fetchToken();
    const { token } = caller;
    caller.token = "somebody else's";
    expect((await create()).status).toBe(403);
    caller.token = token;
    expect((await create()).status).toBe(201);
    caller.cookies.delete("sap-XSRF_S4H_100");
    expect((await create()).status).toBe(403);
  });

  it("lets tokens die with their session", async () => {
    await caller.fetchToken();
    expect(caller.sandbox.endSessions()).toBe(1);
    expect((await caller.send("POST", `${roots.order}A_SalesOrder`, order())).status).toBe(403);
    await new SapCaller(caller.sandbox).fetchToken();
    await caller.fetchToken();
    expect((await caller.send("POST", `${roots.order}A_SalesOrder`, order())).status).toBe(201);
  });
});

describe("the sandbox's own switches", () => {
  it("plays faults, and tells what it was asked", async () => {
    caller.sandbox.addFault({ path: roots.order, status: 503, body: "<html>Service Unavailable</html>" });
    expect((await caller.ask(roots.order)).status).toBe(503);
    expect((await caller.ask(roots.order)).status).toBe(200);
    expect(caller.sandbox.requests().map(({ status }) => status)).toEqual([503, 200]);
    expect(JSON.stringify(caller.sandbox.requests())).not.toContain(
      basic("ISTHMUS", caller.sandbox.user.password).slice("Basic ".length),
    );
  });

  it("tells a service that is not registered from a path that is none, and from a short dump", async () => {
    const unknown = await caller.ask("/sap/opu/odata/sap/API_NOTHING/A_Nothing");
    expect(unknown.status).toBe(404);
    expect(part(await unknown.json(), "error", "code")).toBe("/IWFND/MED/170");
    const nowhere = await caller.ask("/sap/bc/nothing");
    expect(nowhere.status).toBe(404);
    expect(nowhere.headers.get("content-type")).toMatch("text/html");
  });

  it("comes back to the first day", async () => {
    await caller.fetchToken();
    await caller.send("POST", `${roots.order}A_SalesOrder`, order());
    caller.sandbox.configure({ pageSize: 7 });
    expect(caller.sandbox.state.salesOrders.size).toBe(61);
    await fetch(`${caller.sandbox.url}/__sandbox/reset`, { method: "POST" });
    expect(caller.sandbox.state.salesOrders.size).toBe(60);
    const settings: unknown = await (await fetch(`${caller.sandbox.url}/__sandbox/settings`)).json();
    expect(part(settings, "pageSize")).toBe(100);
  });
});
