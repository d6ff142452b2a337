import { LocalKeyring } from "@isthmus/core";
import { ApiClient } from "../support/api-client.js";
import type { ServerDatabase } from "../support/server-database.js";
import { startTestService } from "../support/service.js";
import { MortalDatabase } from "./mortal-database.js";
import { orders, ordersConnector } from "./orders-connector.js";
import { startOrdersVendor } from "./orders-vendor.js";
import type { RoundBench } from "./rounds.js";

/** Two processes over one database, of which one dies, and a vendor. */
export async function openRoundBench({ database, server, url }: ServerDatabase): Promise<RoundBench & AsyncDisposable> {
  const vendor = await startOrdersVendor();
  const keys = LocalKeyring.generate();
  const mortal = new MortalDatabase(database);
  const options = { keys, connectors: [orders], settings: { allowedPrivateHosts: [vendor.host] } };
  const steady = await startTestService(database, options);
  const dying = await startTestService(mortal, { ...options, sandbox: steady.sandbox });
  const tenant = await steady.createTenant();
  const superuser = await server.connectAsSuperuser(url);
  const { body } = await tenant.api.post("/v1/connectors", ordersConnector(vendor));
  return {
    mortal,
    vendor,
    dying: new ApiClient(dying.url, tenant.apiKey),
    steady: tenant.api,
    connectorId: body.id,
    async countKeys(name) {
      const { rows } = await superuser.query("select count(*)::int as count from api_keys where name = $1", [name]);
      return rows[0]?.count;
    },
    async endLeases() {
      await superuser.query(
        "update idempotency_keys set lease_until = clock_timestamp() where lease_until is not null",
      );
    },
    async [Symbol.asyncDispose]() {
      await dying.close();
      await steady.close();
      await superuser.end();
      await vendor.close();
    },
  };
}
