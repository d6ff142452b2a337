import { LocalKeyring, Vault } from "@isthmus/core";
import { describeTokenStore } from "../../../../packages/core/test/support/token-store-suite.js";
import { DatabaseDataKeyStore } from "../../src/vault/database-data-key-store.js";
import { describeOnDatabases } from "../support/databases.js";
import { connectorData, createTestTenant } from "../support/test-data.js";
import { createTokenStores } from "../support/token-stores.js";

const keyProvider = LocalKeyring.parse(LocalKeyring.generate());

describeOnDatabases("the token store of the service", (get) => {
  describeTokenStore("connector_tokens", async () => {
    const { database, queryPastGuards } = get();
    const tenant = await createTestTenant(database);
    const connector = await connectorData().salesforce().create(database, tenant);
    // As in separate processes: nothing is shared but the database and the keyring.
    const open = () => {
      const vault = new Vault({ keyProvider, dataKeys: new DatabaseDataKeyStore(database) });
      return createTokenStores(database, vault).of(tenant.tenantId, connector.id);
    };
    return {
      open,
      // Times are the database's own, so its clock moves by moving what is stored.
      async pass(ms) {
        await queryPastGuards(
          `update connector_tokens set
             lease_until = lease_until - make_interval(secs => ${ms} / 1000.0),
             retry_at = retry_at - make_interval(secs => ${ms} / 1000.0)
           where connector_id = '${connector.id}'`,
        );
      },
    };
  });
});
