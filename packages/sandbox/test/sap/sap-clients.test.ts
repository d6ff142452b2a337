import { createRequire } from "node:module";
import { executeHttpRequest } from "@sap-cloud-sdk/http-client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openSandbox, part, roots, type SapCaller } from "./client.js";

/** What is used of CAP, which brings no types. */
interface CapService {
  run(query: unknown): Promise<unknown>;
  send(event: string, data: object): Promise<unknown>;
  send(request: { query: unknown; headers: Record<string, string> }): Promise<unknown>;
}

interface Query {
  columns(...columns: unknown[]): Query;
  where(condition: object): Query;
  orderBy(order: string): Query;
  limit(count: number): Query;
}

interface Cap {
  model: unknown;
  linked(model: unknown): unknown;
  compile(source: string): unknown;
  connect: { to(name: string, options: object): Promise<CapService> };
  ql: {
    SELECT: { from(entity: string): Query };
    INSERT: { into(entity: string): { entries(entry: object): unknown } };
    UPDATE(entity: string, key: string): { with(changes: object): unknown };
  };
}

const cds: Cap = createRequire(import.meta.url)("@sap/cds");

let caller: SapCaller;

beforeAll(async () => {
  caller = await openSandbox();
});
beforeEach(() => caller.sandbox.reset());
afterAll(() => caller.sandbox.close());

describe("SAP's Cloud SDK, http-client", () => {
  const destination = () => ({
    url: caller.sandbox.url,
    username: caller.sandbox.user.name,
    password: caller.sandbox.user.password,
    authentication: "BasicAuthentication" as const,
    sapClient: "100",
  });

  it("reads, with the client of its destination", async () => {
    const { data } = await executeHttpRequest(destination(), {
      method: "get",
      url: `${roots.order}A_SalesOrder('1')`,
      params: { $select: "SalesOrder,TransactionCurrency" },
    });
    expect(part(data, "d", "TransactionCurrency")).toBe("EUR");
    expect(caller.sandbox.requests().at(-1)?.headers["sap-client"]).toBe("100");
  });

  it("fetches a token by itself, and creates an order with its items", async () => {
    const { status, data } = await executeHttpRequest(destination(), {
      method: "post",
      url: `${roots.order}A_SalesOrder`,
      data: { SoldToParty: "17100001", to_Item: [{ Material: "TG12", RequestedQuantity: "2" }] },
    });
    expect(status).toBe(201);
    expect(part(data, "d", "TotalNetAmount")).toBe("97.80");
    expect(caller.sandbox.requests().map(({ method }) => method)).toEqual(["HEAD", "POST"]);
  });

  it("gets its token also from a system that gives it only for a path with a slash at its end", async () => {
    caller.sandbox.configure({ csrfNeedsTrailingSlash: true });
    const order = { SoldToParty: "17100001", to_Item: [{ Material: "TG12", RequestedQuantity: "1" }] };
    const { status } = await executeHttpRequest(destination(), {
      method: "post",
      url: `${roots.order}A_SalesOrder`,
      data: order,
    });
    expect(status).toBe(201);
  });

  it("updates with an ETag, and is told when it is stale", async () => {
    const url = `${roots.order}A_SalesOrder('1')`;
    const { data } = await executeHttpRequest(destination(), { method: "get", url });
    const change = (etag: unknown) =>
      executeHttpRequest(destination(), {
        method: "patch",
        url,
        headers: { "if-match": etag },
        data: { PurchaseOrderByCustomer: "By the SDK" },
      });
    const etag = part(data, "d", "__metadata", "etag");
    expect((await change(etag)).status).toBe(204);
    await expect(change(etag)).rejects.toMatchObject({ status: 412 });
    expect(caller.sandbox.state.salesOrders.read("0000000001")?.PurchaseOrderByCustomer).toBe("By the SDK");
  });
});

const model = `
@cds.external service API_SALES_ORDER_SRV {
  entity A_SalesOrder {
    key SalesOrder : String(10); SoldToParty : String(10); PurchaseOrderByCustomer : String(35);
    TotalNetAmount : Decimal(16,3); SalesOrderDate : Date; LastChangeDateTime : Timestamp; SalesDocApprovalStatus : String(1);
    to_Item : Composition of many A_SalesOrderItem on to_Item.SalesOrder = SalesOrder;
  }
  entity A_SalesOrderItem {
    key SalesOrder : String(10); key SalesOrderItem : String(6); Material : String(40); RequestedQuantity : Decimal(15,3);
  }
  action releaseApprovalRequest(SalesOrder : String(10));
}
@cds.external service V4 {
  entity SalesOrder {
    key SalesOrder : String(10); SoldToParty : String(10); PurchaseOrderByCustomer : String(35);
    TotalNetAmount : Decimal(16,3); SalesOrderDate : Date; LastChangeDateTime : Timestamp;
    _Item : Composition of many SalesOrderItem on _Item.SalesOrder = SalesOrder;
  }
  entity SalesOrderItem {
    key SalesOrder : String(10); key SalesOrderItem : String(6); Material : String(40); RequestedQuantity : Decimal(15,3);
  }
  function GetNumberOfOpenOrders(SoldToParty : String(10)) returns Integer;
}`;

describe.each([
  {
    version: "v2",
    name: "API_SALES_ORDER_SRV",
    kind: "odata-v2",
    root: roots.order,
    set: "A_SalesOrder",
    items: "to_Item",
  },
  { version: "v4", name: "V4", kind: "odata", root: roots.orderV4, set: "SalesOrder", items: "_Item" },
])("CAP's remote service, OData $version", ({ name, kind, root, set, items }) => {
  const connect = async (): Promise<CapService> => {
    cds.model = cds.linked(cds.compile(model));
    const { url, user } = caller.sandbox;
    return cds.connect.to(`${name}-${root.length}`, {
      kind,
      model: undefined,
      service: name,
      csrf: true,
      csrfInBatch: true,
      credentials: {
        url: url + root.replace(/\/$/, ""),
        authentication: "BasicAuthentication",
        username: user.name,
        password: user.password,
      },
    });
  };

  it("reads with filter, order, columns and items", async () => {
    const service = await connect();
    const { SELECT } = cds.ql;
    const rows: unknown = await service.run(
      SELECT.from(`${name}.${set}`)
        .columns("SalesOrder", "TotalNetAmount", "SalesOrderDate", { ref: [items], expand: ["*"] })
        .where({ SoldToParty: "17100009", SalesOrderDate: { ">=": "2025-05-01" } })
        .orderBy("SalesOrder desc")
        .limit(2),
    );
    expect(rows).toHaveLength(2);
    expect(part(rows, 0, items, 0, "Material")).toEqual(expect.any(String));
    expect(part(rows, 0, "SalesOrderDate")).toMatch(/^2025-/);
  });

  it("creates an order with its items, with a token of its own", async () => {
    const service = await connect();
    const { INSERT } = cds.ql;
    await service.run(
      INSERT.into(`${name}.${set}`).entries({
        SoldToParty: "17100001",
        PurchaseOrderByCustomer: "Von CAP – ß",
        [items]: [{ Material: "TG12", RequestedQuantity: "2" }],
      }),
    );
    const created = caller.sandbox.state.salesOrders.list().at(-1);
    expect(created).toMatchObject({ PurchaseOrderByCustomer: "Von CAP – ß", TotalNetAmount: "97.80" });
  });

  it("puts a read with too long a filter into a batch", async () => {
    const service = await connect();
    const { SELECT } = cds.ql;
    const numbers = Array.from({ length: 150 }, (_, index) => String(index + 59));
    const rows: unknown = await service.run(
      SELECT.from(`${name}.${set}`)
        .columns("SalesOrder")
        .where({ SalesOrder: { in: numbers } }),
    );
    expect(rows).toMatchObject([{ SalesOrder: "59" }, { SalesOrder: "60" }]);
    expect(caller.sandbox.requests({ method: "POST" }).map(({ path }) => path)).toEqual([`${root}$batch`]);
  });

  it("calls an operation", async () => {
    const service = await connect();
    if (kind === "odata") {
      await expect(service.send("GetNumberOfOpenOrders", { SoldToParty: "17100009" })).resolves.toBeGreaterThan(0);
      return;
    }
    await service.send("releaseApprovalRequest", { SalesOrder: "5" });
    expect(caller.sandbox.state.salesOrders.read("0000000005")?.SalesDocApprovalStatus).toBe("B");
  });

  it("updates with If-Match", async () => {
    const service = await connect();
    const { UPDATE } = cds.ql;
    const query = UPDATE(`${name}.${set}`, "2").with({ PurchaseOrderByCustomer: "Changed" });
    await service.send({ query, headers: { "if-match": "*" } });
    expect(caller.sandbox.state.salesOrders.read("0000000002")?.PurchaseOrderByCustomer).toBe("Changed");
  });
});
