import jsforce from "jsforce";
import { StreamingExtension } from "jsforce/api/streaming";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { requestToken, tokensOf } from "../client.js";

let sandbox: SalesforceSandbox;
let connection: InstanceType<typeof jsforce.Connection>;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox();
  const { access_token: accessToken } = tokensOf(await requestToken(sandbox, { grant_type: "client_credentials" }));
  connection = new jsforce.Connection({ instanceUrl: sandbox.url, accessToken, version: "60.0" });
});

afterAll(() => sandbox.close());

interface ChangeMessage {
  payload: { ChangeEventHeader: { changeType: string; recordIds: string[]; changedFields: string[] }; Name?: string };
  event: { replayId: number };
}

/** Ends a client for good; jsforce's types do not know that faye can. */
function disconnect(client: object): void {
  if ("disconnect" in client && typeof client.disconnect === "function") client.disconnect();
}

/** Collects messages until there are `count`. */
function collector<Message>(count: number) {
  const messages: Message[] = [];
  let finish: (messages: Message[]) => void;
  const all = new Promise<Message[]>((resolve) => {
    finish = resolve;
  });
  const take = (message: Message): void => {
    messages.push(message);
    if (messages.length === count) finish(messages);
  };
  return { take, all };
}

describe("plain jsforce, whose streaming is faye, against CometD", () => {
  it("hears of changes that it makes, and replays them from an id", async () => {
    const channel = "/data/AccountChangeEvent";
    const client = connection.streaming.createClient([new StreamingExtension.Replay(channel, -1)]);
    const heard = collector<ChangeMessage>(3);
    await client.subscribe(channel, heard.take);
    const { id = "" } = await connection.sobject("Account").create({ Name: "Heard" });
    await connection.sobject("Account").update({ Id: id, Name: "Changed" });
    await connection.sobject("Account").destroy(id);
    const [created, updated, deleted] = await heard.all;
    expect(created?.payload).toMatchObject({
      ChangeEventHeader: { entityName: "Account", recordIds: [id], changeType: "CREATE" },
      Name: "Heard",
    });
    expect(updated?.payload).toMatchObject({
      ChangeEventHeader: { changeType: "UPDATE", changedFields: expect.arrayContaining(["Name", "LastModifiedDate"]) },
      Name: "Changed",
    });
    expect(deleted?.payload).toEqual({ ChangeEventHeader: expect.objectContaining({ changeType: "DELETE" }) });
    disconnect(client);

    const later = connection.streaming.createClient([
      new StreamingExtension.Replay(channel, created?.event.replayId ?? null),
    ]);
    const replayed = collector<ChangeMessage>(2);
    await later.subscribe(channel, replayed.take);
    expect((await replayed.all).map(({ payload }) => payload.ChangeEventHeader.changeType)).toEqual([
      "UPDATE",
      "DELETE",
    ]);
    disconnect(later);
  });

  it("hears a platform event that was published by the REST API", async () => {
    const client = connection.streaming.createClient([new StreamingExtension.Replay("/event/Shipment__e", -2)]);
    const heard = collector<{ payload: Record<string, unknown> }>(1);
    const published = await connection.sobject("Shipment__e").create({ Order_Number__c: "A-7", Weight__c: 1.5 });
    expect(published).toMatchObject({ success: true, errors: [{ statusCode: "OPERATION_ENQUEUED" }] });
    await client.subscribe("/event/Shipment__e", heard.take);
    expect((await heard.all)[0]?.payload).toMatchObject({ Order_Number__c: "A-7", Weight__c: 1.5, Carrier__c: null });
    disconnect(client);
  });

  it("is told when a replay id is no longer good", async () => {
    const client = connection.streaming.createClient([new StreamingExtension.Replay("/data/ChangeEvents", 17)]);
    await expect(client.subscribe("/data/ChangeEvents", () => undefined)).rejects.toMatchObject({
      message: expect.stringContaining("The replayId {17} you provided was invalid."),
    });
    disconnect(client);
  });

  it("stops when its token is no longer good", async () => {
    const failed = new Promise<{ error?: string }>((resolve) => {
      const client = connection.streaming.createClient([new StreamingExtension.AuthFailure(resolve)]);
      client.subscribe("/data/ChangeEvents", () => undefined).then(() => sandbox.expireAccessTokens(), resolve);
    });
    expect((await failed).error).toBe("401::Authentication invalid");
  });
});
