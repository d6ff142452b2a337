import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PurgeWorker } from "../../src/workers/purge-worker.js";
import { approve, createPeople, createProduction, type People, pastGuards } from "../approval/people.js";
import type { Answer } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { sandboxConnector, startTestService, type TestService } from "../support/service.js";

interface Said {
  readonly action: string;
  readonly before?: string;
  readonly after?: string;
  readonly secrets?: string;
}

const emergency = { "isthmus-emergency": "The vendor has locked our client" };

describe("digests of what a row said before and after a change", () => {
  const get = useServerDatabase();
  let service: TestService;
  let people: People;

  beforeAll(async () => {
    service = await startTestService(get().database);
    people = await createPeople(service);
  });
  afterAll(() => service?.close());

  /** Of the events about a target that have digests, the oldest first. */
  async function story(targetId: string): Promise<readonly Said[]> {
    const { data } = (await people.admin.api.get(`/v1/audit-events?targetId=${targetId}&limit=100`)).body;
    return data
      .map(({ action, details: { before, after, secrets } }: { action: string; details: Omit<Said, "action"> }) => ({
        action,
        ...(before !== undefined && { before }),
        ...(after !== undefined && { after }),
        ...(secrets !== undefined && { secrets }),
      }))
      .filter((each: Said) => Object.keys(each).length > 1)
      .reverse();
  }
  /** Where an event does not begin with what the one before has left. */
  const gaps = (events: readonly Said[]) =>
    events.filter(({ before }, index) => before !== events[index - 1]?.after).map(({ action }) => action);
  const requested = async (answer: Promise<Answer>): Promise<string> => {
    const { status, body, text } = await answer;
    expect(status, text).toBe(202);
    expect((await approve(people.approver, body.id)).status).toBe(200);
    return body.target.id;
  };

  it("follow a connector of production through its life, whichever way it was changed", async () => {
    const id = await createProduction(people, sandboxConnector(service));
    const path = `/v1/connectors/${id}`;
    const authorize = async () => {
      const { authorizationUrl } = (await people.editor.api.post(`${path}/authorize`)).body;
      await new TestBrowser().follow(authorizationUrl);
    };
    const at = (version: number) => ({ "if-match": `"${version}"` });
    const patch = (body: object, version: number) =>
      people.admin.api.patch(path, body, { ...emergency, ...at(version) });
    const rejected = async ({ headers, status, text }: Answer) => {
      expect(status, text).toBe(200);
      const requestId = headers.get("isthmus-change-request")?.split("/").at(-1) ?? "";
      const { headers: seen } = await people.approver.api.get(`/v1/change-requests/${requestId}`);
      const reject = `/v1/change-requests/${requestId}/reject`;
      await people.approver.api.post(reject, { reason: "No" }, { "if-match": seen.get("etag") ?? "" });
      return requestId;
    };

    await authorize();
    await people.editor.api.post(`${path}/test`);
    await requested(people.editor.api.patch(path, { name: "Renamed" }, at(1)));
    await rejected(await patch({ name: "In a hurry" }, 2));
    // What cannot be brought back is switched off.
    const stuck = await patch({ name: "Stuck" }, 4);
    const stuckId = stuck.headers.get("isthmus-change-request")?.split("/").at(-1) ?? "";
    await pastGuards(get(), "update connectors set version = version + 1 where id = $1", id);
    await rejected(stuck);
    expect((await people.approver.api.get(`/v1/change-requests/${stuckId}`)).body.status).toBe("rollback_failed");
    await requested(people.editor.api.delete(path, {}));
    await requested(people.editor.api.post(`${path}/restore`));
    await requested(people.editor.api.post(`${path}/purge`));
    await pastGuards(
      get(),
      "update connector_deletions set lease_until = now() - interval '1 second' where connector_id = $1",
      id,
    );
    const worker = new PurgeWorker(service.services);
    await worker.beginDue();
    await worker.settle();

    const events = await story(id);
    expect(gaps(events)).toEqual([]);
    expect(events.map(({ action }) => action)).toEqual([
      "connector.created",
      "connector.connected",
      "connector.tested",
      "connector.updated",
      "connector.updated",
      "connector.updated",
      "connector.updated",
      "connector.updated",
      "connector.deleted",
      "connector.restored",
      "connector.deleted",
      "connector.purge_requested",
      "connector.purged",
    ]);
    const [created, connected, tested, renamed, hurried, back, stuckOne, off, deleted, restored] = events;
    expect(created?.secrets).toMatch(/^hmac-sha256\//);
    expect(tested?.after).toBe(tested?.before);
    expect(back?.after).toBe(hurried?.before);
    expect(restored?.after).toBe(deleted?.before);
    const states = [created, connected, renamed, hurried, stuckOne, off, deleted].map((each) => each?.after);
    expect(new Set(states).size).toBe(states.length);
    expect(events.at(-1)?.after).toBeUndefined();
  });

  it("show a change that was made past the service, and the account that a connector is bound to", async () => {
    const id = await createProduction(people, sandboxConnector(service));
    const authorize = async () => {
      const { authorizationUrl } = (await people.editor.api.post(`/v1/connectors/${id}/authorize`)).body;
      await new TestBrowser().follow(authorizationUrl);
    };
    await authorize();
    await pastGuards(get(), "update connectors set bound_account_id = 'elsewhere' where id = $1", id);
    await authorize();
    const { data } = (await people.approver.api.get(`/v1/change-requests?targetId=${id}&status=pending`)).body;
    expect((await approve(people.approver, data[0].id)).status).toBe(200);
    const events = await story(id);
    const [, first, again] = events;
    expect(gaps(events)).toEqual(["connector.connected"]);
    expect(again?.after).toBe(first?.after);
  });

  it("of an endpoint and its secrets tell whether those are the same again", async () => {
    const { api } = people.admin;
    const body = { type: "salesforce", name: "x", environment: "sandbox", secret: "a-secret-of-the-vendor-1" };
    const { id } = (await api.post("/v1/inbound-endpoints", body)).body;
    const path = `/v1/inbound-endpoints/${id}`;
    const change = async (changes: object, version: number) =>
      expect((await api.patch(path, changes, { "if-match": `"${version}"` })).status).toBe(200);
    await change({ active: false }, 1);
    await change({ secret: "a-secret-of-the-vendor-2" }, 2);
    await api.delete(path, { "if-match": '"3"' });
    const events = await story(id);
    expect(gaps(events)).toEqual([]);
    const [created, paused, renewed, deleted] = events;
    expect(paused?.after).not.toBe(created?.after);
    expect(paused?.secrets).toBeUndefined();
    expect([created?.secrets, renewed?.secrets]).toEqual([
      expect.stringMatching(/^hmac-sha256\//),
      expect.stringMatching(/^hmac-sha256\//),
    ]);
    expect(renewed?.secrets).not.toBe(created?.secrets);
    expect(Object.keys(deleted ?? {})).toEqual(["action", "before"]);
    // It can be made again by who has the key, and by nobody else.
    const place = { tenantId: people.tenant.tenantId, table: "inbound_endpoints", recordId: id, field: "secrets" };
    const { vault } = service.services;
    expect(await vault.matchesDigest(created?.secrets ?? "", [body.secret], place)).toBe(true);
  });
});
