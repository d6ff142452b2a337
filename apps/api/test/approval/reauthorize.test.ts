import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ChangeRequestWorker } from "../../src/workers/change-request-worker.js";
import { ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey, sandboxConnector, startTestService, type TestService } from "../support/service.js";
import { approve, createPeople, createProduction, letTimePass, type People, pastGuards } from "./people.js";

describe("a connector of production that is authorised again", () => {
  const get = useServerDatabase();
  let service: TestService;
  let people: People;
  let connectorId: string;
  let path: string;

  beforeAll(async () => {
    service = await startTestService(get().database);
    people = await createPeople(service);
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    connectorId = await createProduction(people, sandboxConnector(service));
    path = `/v1/connectors/${connectorId}`;
  });

  async function authorize(body: object = {}, until?: (next: string) => boolean) {
    const { authorizationUrl } = (await people.editor.api.post(`${path}/authorize`, body)).body;
    return new TestBrowser().follow(authorizationUrl, until);
  }
  const read = async () => (await people.editor.api.get(path)).body;
  /** The vendor has one account; from then on the connector was last connected to another one. */
  async function moveAway(): Promise<void> {
    const elsewhere = "bound_account_id = 'elsewhere', bound_account_name = 'Elsewhere Inc.'";
    await pastGuards(get(), `update connectors set ${elsewhere} where id = $1`, connectorId);
  }
  async function tokensOf() {
    const [row] = await pastGuards(
      get(),
      "select tokens, version from connector_tokens where connector_id = $1",
      connectorId,
    );
    return row;
  }
  async function park() {
    await authorize();
    await moveAway();
    await authorize();
    const { data } = (await people.approver.api.get(`/v1/change-requests?targetId=${connectorId}&status=pending`)).body;
    expect(data).toHaveLength(1);
    return data[0];
  }
  const countRevocations = () => service.sandbox.requests().filter((each) => each.path.includes("/revoke")).length;

  it("is connected to its first account, and to the same one again, by whoever may connect", async () => {
    expect((await authorize()).text).toContain("is now connected");
    const first = await read();
    expect(first).toMatchObject({ status: "connected", version: 1 });
    await people.editor.api.post(`${path}/disconnect`);
    expect((await authorize()).text).toContain("is now connected");
    expect(await read()).toMatchObject({ status: "connected", account: first.account, version: 1 });
    expect((await people.editor.api.post(`${path}/test`)).body.ok).toBe(true);
  });

  it("is not connected to another account: its tokens go on working, and the page says what is waited for", async () => {
    await authorize();
    const before = await tokensOf();
    await moveAway();
    const visit = await authorize();
    expect(visit.status).toBe(200);
    expect(visit.text).toContain("Waiting for approval");
    expect(visit.text).toContain("Elsewhere Inc.");
    expect(await tokensOf()).toEqual(before);
    expect((await people.editor.api.post(`${path}/refresh`)).status).toBe(200);
    const { data } = (await people.approver.api.get(`/v1/change-requests?targetId=${connectorId}&status=pending`)).body;
    expect(data).toMatchObject([
      {
        kind: "connector.reauthorize",
        requestedBy: people.editor.userId,
        diff: [
          { path: "account", change: "changed", before: { id: "elsewhere" }, after: { name: expect.any(String) } },
        ],
      },
    ]);
  });

  it("tells the application that sent the person there, too", async () => {
    await authorize();
    await moveAway();
    const back = "https://app.example.com/settings";
    const { url } = await authorize({ returnTo: back }, (next) => next.startsWith("https://app.example.com"));
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
      connector: connectorId,
      status: "pending_approval",
      changeRequest: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it("remembers its account through a disconnect", async () => {
    await authorize();
    await moveAway();
    await people.editor.api.post(`${path}/disconnect`);
    expect(await read()).toMatchObject({ status: "disconnected", account: null });
    expect((await authorize()).text).toContain("Waiting for approval");
    expect((await tokensOf())?.tokens).toBeNull();
  });

  it("works with the new tokens once somebody else has approved", async () => {
    const request = await park();
    expect((await approve(people.approver, request.id)).body).toMatchObject({ status: "approved" });
    const after = await read();
    expect(after).toMatchObject({ status: "connected", version: 2 });
    expect(after.account.id).not.toBe("elsewhere");
    expect((await people.editor.api.post(`${path}/test`)).body.ok).toBe(true);
    expect((await people.editor.api.post(`${path}/refresh`)).status).toBe(200);
    expect((await authorize()).text).toContain("is now connected");
  });

  it.each(["rejected", "withdrawn", "expired", "stale"])(
    "gives the new grant back when the change is %s",
    async (status) => {
      const request = await park();
      const before = countRevocations();
      const at = `/v1/change-requests/${request.id}`;
      if (status === "rejected") await people.approver.api.post(`${at}/reject`, { reason: "Not that one" });
      if (status === "withdrawn") await people.editor.api.post(`${at}/cancel`);
      if (status === "expired") {
        await letTimePass(get(), request.id);
        await new ChangeRequestWorker(service.services).workOff();
      }
      if (status === "stale") {
        const change = await people.editor.api.patch(path, { name: "Renamed" }, { "if-match": '"1"' });
        await approve(people.approver, change.body.id);
        expect((await approve(people.approver, request.id)).body.code).toBe("CHANGE_REQUEST_STALE");
      }
      expect((await people.approver.api.get(at)).body.status).toBe(status);
      expect(countRevocations()).toBe(before + 1);
      const [row] = await pastGuards(
        get(),
        "select payload, next_look_at from change_requests where id = $1",
        request.id,
      );
      expect(row).toEqual({ payload: null, next_look_at: null });
      expect((await people.editor.api.post(`${path}/refresh`)).status).toBe(200);
    },
  );

  it("gives it back with the tenant", async () => {
    const others = await createPeople(service);
    const own = people;
    try {
      people = others;
      connectorId = await createProduction(people, sandboxConnector(service));
      path = `/v1/connectors/${connectorId}`;
      await park();
      const before = countRevocations();
      const { tenantId } = others.tenant;
      const name = (await service.services.database.asTenant(tenantId, ({ tenant }) => tenant.find()))?.name;
      const platform = new ApiClient(service.url, platformKey);
      const deleted = await platform.send("DELETE", `/v1/tenants/${tenantId}`, { name }, {});
      expect(deleted.body.grants).toEqual({ revoked: 2, notRevoked: [] });
      expect(countRevocations()).toBe(before + 2);
    } finally {
      people = own;
    }
  });

  it("gives it back later when the vendor is away, or the process died before", async () => {
    const request = await park();
    service.sandbox.addFault({ path: "/services/oauth2/revoke", status: 503, times: 20 });
    await people.approver.api.post(`/v1/change-requests/${request.id}/reject`, { reason: "Not that one" });
    const look = async () =>
      (
        await pastGuards(
          get(),
          "select payload is null as gone, next_look_at from change_requests where id = $1",
          request.id,
        )
      )[0];
    expect(await look()).toMatchObject({ gone: false, next_look_at: expect.any(Date) });
    service.sandbox.clearFaults();
    await letTimePass(get(), request.id);
    await new ChangeRequestWorker(service.services).workOff();
    expect(await look()).toEqual({ gone: true, next_look_at: null });
  });
});
