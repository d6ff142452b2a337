import { expect, it } from "vitest";
import { createSalesforceConnector } from "../../src/index.js";
import { impatientClock } from "../bulk-bench.js";
import { type SeenRequest, startStubInstance } from "../stub-instance.js";

/** Years, which no timer bears. */
const advice = { reconnect: "retry", interval: 1e12, timeout: 1e12 };

function answer({ url }: SeenRequest) {
  const channel = `/meta/${url.split("/").at(-1)}`;
  const message = { channel, successful: true, clientId: "client", ext: { replay: true }, advice };
  return { status: 200, body: JSON.stringify([message]) };
}

it("waits no longer than ten minutes, whatever the server advises", async () => {
  const stub = await startStubInstance(answer);
  const clock = impatientClock();
  const allowedPrivateHosts = [new URL(stub.url).host];
  const options = { clientId: "id", refreshToken: "r", loginUrl: stub.url, allowedPrivateHosts, clock };
  const connector = createSalesforceConnector(options);
  const batches = connector.streaming.batches("/event/Shipment__e");
  for (let batch = 0; batch < 4; batch += 1) expect((await batches.next()).value?.messages).toEqual([]);
  await batches.return();
  expect(clock.pausesMs).toEqual([600_000, 600_000]);
  await connector.close();
  await stub.close();
});
