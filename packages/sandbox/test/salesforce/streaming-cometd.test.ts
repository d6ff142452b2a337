import { CometD, type Message } from "cometd";
import { adapt } from "cometd-nodejs-client";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { callApi, requestToken, tokensOf } from "../client.js";

let sandbox: SalesforceSandbox;
let token: string;
const { debug } = console;

beforeAll(async () => {
  // It makes itself at home: a `window`, by which other libraries take this for a browser, and another `console.debug`.
  vi.stubGlobal("window", {});
  adapt();
  sandbox = await startSalesforceSandbox();
  token = tokensOf(await requestToken(sandbox, { grant_type: "client_credentials" })).access_token;
});

afterAll(async () => {
  vi.unstubAllGlobals();
  console.debug = debug;
  await sandbox.close();
});

/** The CometD project's client, set up as Salesforce's guide tells. */
function createClient(): CometD {
  const client = new CometD();
  client.unregisterTransport("websocket");
  client.configure({
    url: `${sandbox.url}/cometd/68.0`,
    requestHeaders: { Authorization: `Bearer ${token}` },
    appendMessageTypeToURL: false,
    logLevel: "warn",
  });
  return client;
}

function handshake(client: CometD): Promise<Message> {
  return new Promise((resolve) => client.handshake(resolve));
}

/** Subscribes and resolves with the answer; `replay` goes along in `ext`. */
function subscribe(
  client: CometD,
  channel: string,
  replay: number,
  take: (message: Message) => void,
): Promise<Message> {
  return new Promise((resolve) => {
    client.subscribe(channel, take, { ext: { replay: { [channel]: replay } } }, resolve);
  });
}

async function createLead(LastName: string): Promise<void> {
  const body = { LastName, Company: "Comet" };
  const answer = await callApi(sandbox, token, "/sobjects/Lead", { method: "POST", body });
  expect(answer.status).toBe(201);
}

describe("the CometD project's client against CometD", () => {
  it("shakes hands, subscribes and hears of changes", async () => {
    const client = createClient();
    const shaken = await handshake(client);
    expect(shaken).toMatchObject({ successful: true, version: "1.0", ext: { replay: true } });
    const messages: Message[] = [];
    const heard = new Promise<void>((resolve) => {
      const take = (message: Message): void => {
        messages.push(message);
        if (messages.length === 2) resolve();
      };
      void subscribe(client, "/data/LeadChangeEvent", -1, take).then(async (answer) => {
        expect(answer.successful).toBe(true);
        await createLead("Halley");
        await createLead("Encke");
      });
    });
    await heard;
    expect(messages.map(({ channel, data }) => [channel, data.payload.Name])).toEqual([
      ["/data/LeadChangeEvent", { LastName: "Halley" }],
      ["/data/LeadChangeEvent", { LastName: "Encke" }],
    ]);
    await new Promise((resolve) => client.disconnect(resolve));
  });

  it("shakes hands anew by itself when its session is gone, and goes on where it was", async () => {
    const client = createClient();
    const channel = "/data/ContactChangeEvent";
    const names: unknown[] = [];
    let replay = -1;
    let stop: () => void = () => undefined;
    const heardBoth = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const take = ({ data }: Message): void => {
      replay = data.event.replayId;
      names.push(data.payload.Name.LastName);
      if (names.length === 1) sandbox.endStreams();
      if (names.length === 2) stop();
    };
    const createContact = (LastName: string) =>
      callApi(sandbox, token, "/sobjects/Contact", { method: "POST", body: { LastName } });
    let handshakes = 0;
    client.addListener("/meta/handshake", async ({ successful }: Message) => {
      if (successful !== true) return;
      handshakes += 1;
      // The second contact is made while nobody listens: only the replay id can bring it.
      if (handshakes === 2) await createContact("Wirtanen");
      await subscribe(client, channel, replay, take);
      if (handshakes === 1) await createContact("Biela");
    });
    await handshake(client);
    await heardBoth;
    expect(names).toEqual(["Biela", "Wirtanen"]);
    expect(handshakes).toBe(2);
    await new Promise((resolve) => client.disconnect(resolve));
  });

  it("is refused without a token that is good", async () => {
    const client = createClient();
    client.configure({
      url: `${sandbox.url}/cometd/68.0`,
      requestHeaders: { Authorization: "Bearer none" },
      appendMessageTypeToURL: false,
      logLevel: "warn",
    });
    expect(await handshake(client)).toMatchObject({
      successful: false,
      error: "403::Handshake denied",
      ext: { sfdc: { failureReason: "401::Authentication invalid" } },
      advice: { reconnect: "none" },
    });
  });
});
