import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { callApi, requestToken, send, tokensOf } from "../client.js";

type Reply = Record<string, unknown>;

let now = Date.UTC(2026, 10, 26, 9);
let sandbox: SalesforceSandbox;
let token: string;
let cookie: string;

beforeEach(async () => {
  now = Date.UTC(2026, 10, 26, 9);
  sandbox = await startSalesforceSandbox({ seed: false, clock: () => now, accessTokenLifetimeMs: 1_000_000_000 });
  token = tokensOf(await requestToken(sandbox, { grant_type: "client_credentials" })).access_token;
  cookie = "";
});

afterEach(() => sandbox.close());

/** Posts messages as they are, with the token and the cookies so far. */
async function post(messages: unknown, options: { path?: string; authorization?: string } = {}): Promise<Reply[]> {
  const authorization = options.authorization ?? `Bearer ${token}`;
  const answer = await send(`${sandbox.url}${options.path ?? "/cometd/60.0"}`, {
    method: "POST",
    body: typeof messages === "string" ? messages : JSON.stringify(messages),
    headers: {
      "content-type": "application/json",
      ...(authorization !== "" && { authorization }),
      ...(cookie !== "" && { cookie }),
    },
  });
  cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? cookie;
  if (!Array.isArray(answer.json)) throw new Error(`${answer.status} ${answer.text}`);
  return answer.json;
}

const handshakeMessage = {
  channel: "/meta/handshake",
  version: "1.0",
  minimumVersion: "1.0",
  supportedConnectionTypes: ["long-polling"],
  ext: { replay: true },
  id: "1",
};

/** A session that has connected once. */
async function openSession(): Promise<string> {
  const [shaken] = await post([handshakeMessage]);
  const clientId = String(shaken?.clientId);
  await connect(clientId);
  return clientId;
}

function connect(clientId: string, timeout?: number): Promise<Reply[]> {
  const advice = timeout === undefined ? {} : { advice: { timeout } };
  return post([{ channel: "/meta/connect", clientId, connectionType: "long-polling", id: "2", ...advice }]);
}

async function subscribe(clientId: string, subscription: unknown, replay?: number): Promise<Reply> {
  const ext = replay === undefined ? {} : { ext: { replay: { [String(subscription)]: replay } } };
  const [reply] = await post([{ channel: "/meta/subscribe", clientId, subscription, id: "3", ...ext }]);
  return reply ?? {};
}

async function createAccount(fields: Record<string, unknown>, headers: Record<string, string> = {}): Promise<string> {
  const answer = await callApi(sandbox, token, "/sobjects/Account", { method: "POST", body: fields, headers });
  return String((answer.json as { id: unknown }).id);
}

interface Delivered {
  channel: string;
  data: {
    schema: string;
    payload: Record<string, unknown> & { ChangeEventHeader: Record<string, unknown> };
    event: { replayId: number };
  };
}

/** The events in an answer to a connect. */
function eventsIn(replies: Reply[]): Delivered[] {
  return replies.filter((reply): reply is Reply & Delivered => "data" in reply);
}

describe("a handshake", () => {
  it("gives a client id, a cookie and the extensions", async () => {
    const [reply] = await post(handshakeMessage);
    expect(reply).toEqual({
      channel: "/meta/handshake",
      id: "1",
      successful: true,
      version: "1.0",
      minimumVersion: "1.0",
      clientId: expect.stringMatching(/^\w{20,}$/),
      supportedConnectionTypes: ["long-polling"],
      ext: { replay: true, "payload.format": true },
    });
    expect(cookie).toMatch(/^BAYEUX_BROWSER=\w+$/);
  });

  it.each([
    ["no token", "/cometd/60.0", "", "401::Request requires authentication"],
    ["a wrong token", "/cometd/60.0", "Bearer wrong", "401::Authentication invalid"],
    ["no version", "/cometd", undefined, "400::API version in the URI is mandatory. URI format: '/cometd/68.0'"],
    [
      "a version too old",
      "/cometd/36.0",
      undefined,
      "400::Unsupported API version. Only API versions '37.0' and later are supported. URI format: '/cometd/68.0'",
    ],
  ])("is denied with %s", async (_case, path, authorization, failureReason) => {
    const [reply] = await post([handshakeMessage], { path, ...(authorization !== undefined && { authorization }) });
    expect(reply).toMatchObject({
      successful: false,
      error: "403::Handshake denied",
      ext: { sfdc: { failureReason } },
      advice: { reconnect: "none" },
    });
  });
});

describe("a connect", () => {
  it("is answered at once the first time, with the advice", async () => {
    const [shaken] = await post([handshakeMessage]);
    expect(await connect(String(shaken?.clientId))).toMatchObject([
      { successful: true, advice: { reconnect: "retry", interval: 0, timeout: 110_000 } },
    ]);
  });

  it("waits for an event and is answered as soon as it comes", async () => {
    const clientId = await openSession();
    await subscribe(clientId, "/data/ChangeEvents");
    const waiting = connect(clientId);
    const id = await createAccount({ Name: "Awaited" });
    const replies = await waiting;
    expect(eventsIn(replies)[0]?.data.payload.ChangeEventHeader.recordIds).toEqual([id]);
    expect(replies.at(-1)).toMatchObject({ channel: "/meta/connect", successful: true });
  });

  it("waits no longer than the client asks, or the setting says, or until it is woken", async () => {
    const clientId = await openSession();
    expect(await connect(clientId, 0)).toMatchObject([{ successful: true }]);
    sandbox.configure({ streamingHoldMs: 1 });
    expect(await connect(clientId)).toMatchObject([{ successful: true, advice: { timeout: 1 } }]);
    sandbox.configure({ streamingHoldMs: 110_000 });
    const first = connect(clientId);
    // The second takes the place of the first, which is answered by that.
    const second = connect(clientId);
    await Promise.race([first, second]);
    sandbox.wakeStreams();
    expect((await Promise.all([first, second])).flat()).toMatchObject([{ successful: true }, { successful: true }]);
  });

  it("ends with 401 when the token is revoked while it waits", async () => {
    const clientId = await openSession();
    const waiting = connect(clientId);
    await vitestTurn();
    sandbox.revokeGrants();
    expect(await waiting).toMatchObject([
      { successful: false, error: "401::Authentication invalid", advice: { reconnect: "none", interval: 0 } },
    ]);
  });

  it("is refused after 40 seconds of silence, and by a session that never was", async () => {
    const clientId = await openSession();
    now += 40_001;
    const refusal = { successful: false, error: "403::Unknown client", advice: { reconnect: "handshake" } };
    expect(await connect(clientId)).toMatchObject([refusal]);
    expect(await connect("nobody")).toMatchObject([refusal]);
  });

  it("is refused without the cookie of the handshake", async () => {
    const clientId = await openSession();
    cookie = "";
    const [reply] = await connect(clientId);
    expect(reply?.error).toBe(
      `400::Client ${clientId} has established a session, but no BAYEUX_BROWSER cookie present`,
    );
  });

  it("must be by long polling", async () => {
    const clientId = await openSession();
    const [reply] = await post([{ channel: "/meta/connect", clientId, connectionType: "websocket" }]);
    expect(reply).toMatchObject({ successful: false, error: "400::Invalid connection type {websocket}" });
  });
});

/** Lets a request that was just sent arrive: another one, sent later, has been answered. */
async function vitestTurn(): Promise<void> {
  await post([handshakeMessage]);
  cookie = "";
}

describe("a subscription", () => {
  it.each([
    ["/data/AccountChangeEvent", undefined],
    ["/data/Invoice__ChangeEvent", undefined],
    ["/data/ChangeEvents", undefined],
    ["/event/Shipment__e", undefined],
    [
      "/data/NothingChangeEvent",
      "400::The channel you requested to subscribe to does not exist {/data/NothingChangeEvent}",
    ],
    ["/event/Nothing__e", "403:denied_by_security_policy:create_denied"],
    ["data/ChangeEvents", "400::Channel subscriptions must start with a leading '/'"],
    ["", "400::Channel name not specified"],
  ])("to %j is taken or refused", async (channel, error) => {
    const reply = await subscribe(await openSession(), channel);
    expect(reply).toMatchObject({ subscription: channel, successful: error === undefined });
    expect(reply.error).toBe(error);
  });

  it("may be denied by a setting", async () => {
    sandbox.configure({ deniedChannels: "/data/ChangeEvents" });
    const reply = await subscribe(await openSession(), "/data/ChangeEvents");
    expect(reply).toMatchObject({ successful: false, error: "403:denied_by_security_policy:create_denied" });
  });

  it("replays all, what came after an id, or nothing", async () => {
    for (const Name of ["One", "Two", "Three"]) await createAccount({ Name });
    const names = async (replay?: number): Promise<[number, unknown][]> => {
      cookie = "";
      const clientId = await openSession();
      await subscribe(clientId, "/data/AccountChangeEvent", replay);
      return eventsIn(await connect(clientId, 0)).map(({ data }) => [data.event.replayId, data.payload.Name]);
    };
    const all = await names(-2);
    expect(all.map(([, name]) => name)).toEqual(["One", "Two", "Three"]);
    const ids = all.map(([id]) => id);
    expect(ids.every((id, at) => at === 0 || id > (ids[at - 1] ?? 0))).toBe(true);
    expect(await names(ids[0])).toEqual(all.slice(1));
    expect(await names(ids[2])).toEqual([]);
    expect(await names(-1)).toEqual([]);
    expect(await names()).toEqual([]);
  });

  it("forgets events after 72 hours, and refuses their ids from then on", async () => {
    await createAccount({ Name: "Old" });
    let clientId = await openSession();
    await subscribe(clientId, "/data/ChangeEvents", -2);
    const [event] = eventsIn(await connect(clientId, 0));
    const replayId = event?.data.event.replayId ?? 0;
    now += 72 * 60 * 60 * 1000;
    cookie = "";
    clientId = await openSession();
    const refused = await subscribe(clientId, "/data/ChangeEvents", replayId);
    expect(refused.error).toContain(`400::The replayId {${replayId}} you provided was invalid.`);
    expect(await subscribe(clientId, "/data/ChangeEvents", -2)).toMatchObject({ successful: true });
    expect(eventsIn(await connect(clientId, 0))).toEqual([]);
  });

  it("ends by unsubscribing and disconnecting", async () => {
    const clientId = await openSession();
    await subscribe(clientId, "/data/ChangeEvents");
    const [left] = await post([
      { channel: "/meta/unsubscribe", clientId, subscription: "/data/ChangeEvents", id: "9" },
    ]);
    expect(left).toEqual({
      channel: "/meta/unsubscribe",
      clientId,
      id: "9",
      subscription: "/data/ChangeEvents",
      successful: true,
    });
    await createAccount({ Name: "Unheard" });
    expect(eventsIn(await connect(clientId, 0))).toEqual([]);
    expect(await post([{ channel: "/meta/disconnect", clientId }])).toMatchObject([{ successful: true }]);
    expect(await connect(clientId)).toMatchObject([{ error: "403::Unknown client" }]);
  });
});

describe("a change event", () => {
  /** The events that `work` causes, on the channel of all changes. */
  async function eventsOf(work: () => Promise<unknown>): Promise<Delivered[]> {
    const clientId = await openSession();
    await subscribe(clientId, "/data/ChangeEvents");
    await work();
    return eventsIn(await connect(clientId, 0));
  }

  it("has the header of the guide, and of a new record what it holds", async () => {
    const [event] = await eventsOf(() =>
      createAccount({ Name: "Whole", BillingCity: "Oslo", Phone: null }, { "Sforce-Call-Options": "client=Isle" }),
    );
    expect(event?.channel).toBe("/data/ChangeEvents");
    expect(event?.data.schema).toMatch(/^[\w-]{22}$/);
    expect(event?.data.payload.ChangeEventHeader).toEqual({
      entityName: "Account",
      recordIds: [expect.stringMatching(/^001/)],
      changeType: "CREATE",
      changeOrigin: "com/salesforce/api/rest/60.0;client=Isle",
      transactionKey: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
      sequenceNumber: 1,
      commitTimestamp: now,
      commitNumber: expect.any(Number),
      commitUser: expect.stringMatching(/^005/),
      changedFields: [],
    });
    expect(event?.data.payload).toMatchObject({
      Name: "Whole",
      BillingAddress: { City: "Oslo" },
      CreatedDate: new Date(now).toISOString(),
    });
    for (const name of ["Phone", "IsDeleted", "SystemModstamp", "BillingCity", "Id"]) {
      expect(event?.data.payload).not.toHaveProperty(name);
    }
  });

  it("names of an update what changed, parts of compound fields and emptied ones too", async () => {
    const id = await createAccount({ Name: "N", BillingCity: "Oslo", Phone: "1" });
    const body = { Name: "N", BillingCity: "Bergen", Phone: null };
    const [event] = await eventsOf(() => callApi(sandbox, token, `/sobjects/Account/${id}`, { method: "PATCH", body }));
    const { ChangeEventHeader: header, ...fields } = event?.data.payload ?? { ChangeEventHeader: {} };
    expect(header).toMatchObject({ changeType: "UPDATE", recordIds: [id] });
    expect(new Set(header.changedFields as string[])).toEqual(
      new Set(["BillingAddress.City", "Phone", "LastModifiedDate"]),
    );
    expect(fields).toEqual({ BillingAddress: { City: "Bergen" }, Phone: null, LastModifiedDate: expect.any(String) });
  });

  it("comes once for the same change of several records in one transaction", async () => {
    const ids = [await createAccount({ Name: "A" }), await createAccount({ Name: "B" })];
    const body = { records: ids.map((id) => ({ attributes: { type: "Account" }, id, Rating: "Hot" })) };
    const events = await eventsOf(() => callApi(sandbox, token, "/composite/sobjects", { method: "PATCH", body }));
    expect(events.map(({ data }) => data.payload.ChangeEventHeader.recordIds)).toEqual([ids]);
  });

  it("comes for each record that goes along with a deleted one, in the same transaction", async () => {
    const AccountId = await createAccount({ Name: "Parent" });
    await callApi(sandbox, token, "/sobjects/Contact", { method: "POST", body: { LastName: "Child", AccountId } });
    const events = await eventsOf(() =>
      callApi(sandbox, token, `/sobjects/Account/${AccountId}`, { method: "DELETE" }),
    );
    const headers = events.map(({ data }) => data.payload.ChangeEventHeader);
    expect(
      headers.map(({ entityName, changeType, sequenceNumber }) => [entityName, changeType, sequenceNumber]),
    ).toEqual([
      ["Account", "DELETE", 1],
      ["Contact", "DELETE", 2],
    ]);
    expect(new Set(headers.map(({ transactionKey }) => transactionKey)).size).toBe(1);
  });

  it("comes with everything for a record that was brought back", async () => {
    const id = await createAccount({ Name: "Back", Phone: "7" });
    await callApi(sandbox, token, `/sobjects/Account/${id}`, { method: "DELETE" });
    const envelope = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:p="urn:partner.soap.sforce.com"><s:Header><p:SessionHeader><p:sessionId>${token}</p:sessionId></p:SessionHeader></s:Header><s:Body><p:undelete><p:ids>${id}</p:ids></p:undelete></s:Body></s:Envelope>`;
    const headers = { "content-type": "text/xml", soapaction: '""' };
    const [event] = await eventsOf(() =>
      send(`${sandbox.url}/services/Soap/u/60.0`, { method: "POST", body: envelope, headers }),
    );
    expect(event?.data.payload).toMatchObject({
      ChangeEventHeader: { changeType: "UNDELETE", recordIds: [id] },
      Name: "Back",
      Phone: "7",
    });
  });

  it("does not come for what was taken back", async () => {
    const records = [{ attributes: { type: "Account" }, Name: "Fine" }, { attributes: { type: "Account" } }];
    const body = { allOrNone: true, records };
    const events = await eventsOf(() => callApi(sandbox, token, "/composite/sobjects", { method: "POST", body }));
    expect(events).toEqual([]);
  });

  it("can be a gap or an overflow, which tell nothing but the header", async () => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ changeType: "GAP_UPDATE", entityName: "Account", recordIds: ["001000000000000AAA"] });
    const events = await eventsOf(async () => {
      await send(`${sandbox.url}/__sandbox/gap-events`, { method: "POST", body, headers });
      sandbox.publishGap({ changeType: "GAP_OVERFLOW", entityName: "Contact" });
    });
    expect(events.map(({ data }) => Object.keys(data.payload))).toEqual([["ChangeEventHeader"], ["ChangeEventHeader"]]);
    expect(events.map(({ data }) => data.payload.ChangeEventHeader)).toMatchObject([
      { changeType: "GAP_UPDATE", entityName: "Account", recordIds: ["001000000000000AAA"] },
      { changeType: "GAP_OVERFLOW", entityName: "Contact", recordIds: ["000000000000000AAA"] },
    ]);
  });

  it("comes for what a bulk job writes", async () => {
    const events = await eventsOf(async () => {
      const job = await callApi(sandbox, token, "/jobs/ingest", {
        method: "POST",
        body: { object: "Account", operation: "insert" },
      });
      const { id } = job.json as { id: string };
      const path = `/jobs/ingest/${id}`;
      const headers = { "content-type": "text/csv" };
      await callApi(sandbox, token, `${path}/batches`, { method: "PUT", body: "Name\nBulk\n", headers });
      await callApi(sandbox, token, path, { method: "PATCH", body: { state: "UploadComplete" } });
      await callApi(sandbox, token, path);
      await callApi(sandbox, token, path);
    });
    expect(events.map(({ data }) => data.payload.Name)).toEqual(["Bulk"]);
  });
});

describe("a platform event", () => {
  it("is refused with fields it does not have, and without those it must", async () => {
    const publish = (body: unknown) => callApi(sandbox, token, "/sobjects/Shipment__e", { method: "POST", body });
    expect(await publish({ Nothing__c: 1 })).toMatchObject({ status: 400, json: [{ errorCode: "INVALID_FIELD" }] });
    expect(await publish({ Carrier__c: "X" })).toMatchObject({
      status: 400,
      json: [{ errorCode: "REQUIRED_FIELD_MISSING" }],
    });
  });

  it("carries its UUID", async () => {
    const clientId = await openSession();
    await subscribe(clientId, "/event/Shipment__e");
    const body = { Order_Number__c: "7", Delivered__c: true };
    const published = await callApi(sandbox, token, "/sobjects/Shipment__e", { method: "POST", body });
    const [event] = eventsIn(await connect(clientId, 0));
    const { errors } = published.json as { errors: { message: string }[] };
    expect(event?.data.event).toMatchObject({ EventUuid: errors[0]?.message });
    expect(event?.data.payload).toMatchObject({
      Order_Number__c: "7",
      Delivered__c: true,
      CreatedById: expect.any(String),
    });
  });
});

describe("a request", () => {
  it("may be no longer than 32 768 bytes", async () => {
    await expect(post(JSON.stringify([{ ...handshakeMessage, padding: "x".repeat(33_000) }]))).rejects.toThrow("413");
  });
});
