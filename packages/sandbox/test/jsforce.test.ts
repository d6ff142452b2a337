import jsforce from "jsforce";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../src/index.js";

const redirectUri = "http://127.0.0.1:9/callback";

let sandbox: SalesforceSandbox;
let connection: InstanceType<typeof jsforce.Connection>;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ skipConsent: true });
  const oauth2 = new jsforce.OAuth2({
    loginUrl: sandbox.url,
    clientId: sandbox.client.id,
    clientSecret: sandbox.client.secret,
    redirectUri,
    useVerifier: true,
  });
  connection = new jsforce.Connection({ oauth2, version: "60.0" });
  const answer = await fetch(oauth2.getAuthorizationUrl({ state: "s-1" }), { redirect: "manual" });
  const target = new URL(answer.headers.get("location") ?? "");
  expect(target.searchParams.get("state")).toBe("s-1");
  await connection.authorize(target.searchParams.get("code") ?? "");
});

afterAll(() => sandbox.close());

describe("plain jsforce against the sandbox", () => {
  it("reads the identity of the person who allowed it", async () => {
    const identity = await connection.identity();
    expect(identity.username).toBe(sandbox.username);
    expect(identity.organization_id).toMatch(/^00D\w{15}$/);
  });

  it("creates, reads, changes, queries and deletes a record", async () => {
    const created = await connection.sobject("Account").create({ Name: "Kőrösi & Fiai", NumberOfEmployees: 12 });
    expect(created).toMatchObject({ success: true, errors: [] });
    const id = created.id ?? "";
    expect(await connection.sobject("Account").retrieve(id)).toMatchObject({
      Name: "Kőrösi & Fiai",
      NumberOfEmployees: 12,
    });
    await connection.sobject("Account").update({ Id: id, NumberOfEmployees: 13 });
    const found = await connection.query(
      "SELECT Id, NumberOfEmployees, Owner.Name FROM Account WHERE Name = 'kőrösi & fiai'",
    );
    expect(found.records).toMatchObject([{ Id: id, NumberOfEmployees: 13, Owner: { Name: "Ada Lindqvist" } }]);
    await connection.sobject("Account").destroy(id);
    await expect(connection.sobject("Account").retrieve(id)).rejects.toMatchObject({ errorCode: "ENTITY_IS_DELETED" });
  });
});
