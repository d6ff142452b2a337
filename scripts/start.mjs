// `npm start`: the service on embedded PostgreSQL with the vendors' sandboxes beside it, a first tenant, and an
// administrator's key to try it with. For trying out only: a deployment runs apps/api with keys of its own.
import { fileURLToPath } from "node:url";
import { startProcess, stopAll } from "./quickstart/processes.mjs";
import { openQuickstart } from "./quickstart/state.mjs";
import { ensureTenant, printWelcome } from "./quickstart/tenant.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const host = process.env.HOST ?? "127.0.0.1";
const port = Number(process.env.PORT ?? 3000);
const url = process.env.PUBLIC_URL ?? `http://${host}:${port}`;

const sandboxes = [
  { vendor: "salesforce", port: Number(process.env.SALESFORCE_SANDBOX_PORT ?? 4010), keepsRecords: true },
  { vendor: "quickbooks", port: Number(process.env.QUICKBOOKS_SANDBOX_PORT ?? 4020), keepsRecords: true },
  {
    vendor: "sap",
    port: Number(process.env.SAP_SANDBOX_PORT ?? 4030),
    // In the form of XSUAA's ids, which not every OAuth client can send.
    clientId: "sb-quickstart!b1|xsuaa_std!b1",
    user: "ISTHMUS",
  },
];

let stopping = false;
async function stop(exitCode) {
  if (stopping) return;
  stopping = true;
  await stopAll();
  process.exit(exitCode);
}
// Ctrl-C reaches the children by itself; a plain kill reaches only this process, so it is passed on.
process.on("SIGINT", () => stop(0));
process.on("SIGTERM", () => stop(0));

function failed(name, detail) {
  if (stopping) return;
  console.error(`\nIsthmus stops: ${name} ${detail}.`);
  void stop(1);
}

try {
  const state = openQuickstart(root, process.env.ISTHMUS_DATA);
  const platformKey = process.env.ISTHMUS_PLATFORM_KEY ?? state.platformKey;
  const running = await Promise.all(
    sandboxes.map(async (sandbox) => {
      const credentials = state.sandbox(sandbox);
      const address = `127.0.0.1:${sandbox.port}`;
      await startProcess({
        name: `the ${sandbox.vendor} sandbox`,
        script: `${root}packages/sandbox/dist/cli.js`,
        arguments: [
          ...[sandbox.vendor, "--port", String(sandbox.port), "--client-id", credentials.clientId],
          ...(sandbox.keepsRecords ? ["--data", state.path(`sandbox-${sandbox.vendor}.json`)] : []),
        ],
        // Secrets go by the environment: arguments can be read by every user of the machine.
        environment: {
          ...process.env,
          SANDBOX_CLIENT_SECRET: credentials.clientSecret,
          ...(credentials.password && { SANDBOX_PASSWORD: credentials.password }),
        },
        readyText: "Press Ctrl-C",
        forward: () => undefined,
        failed,
      });
      return { ...sandbox, ...credentials, address, url: `http://${address}` };
    }),
  );
  await startProcess({
    name: "the service",
    script: `${root}apps/api/dist/main.js`,
    arguments: [],
    environment: {
      LOG_LEVEL: "warn",
      ...process.env,
      HOST: host,
      PORT: String(port),
      PUBLIC_URL: url,
      ISTHMUS_DATA: state.directory,
      ISTHMUS_KEYS: process.env.ISTHMUS_KEYS ?? state.keys,
      ISTHMUS_PLATFORM_KEY: platformKey,
      ISTHMUS_ALLOWED_PRIVATE_HOSTS: [
        process.env.ISTHMUS_ALLOWED_PRIVATE_HOSTS,
        ...running.map((sandbox) => sandbox.address),
      ]
        .filter(Boolean)
        .join(","),
    },
    readyText: "Isthmus listens on",
    forward: (text) => process.stdout.write(text),
    failed,
  });
  const apiKey = await ensureTenant(state, platformKey, `http://${host}:${port}`);
  const environmentFile = state.writeEnvironment({ url, apiKey, platformKey, sandboxes: running });
  printWelcome({ url, environmentFile, sandboxes: running });
} catch (error) {
  if (!stopping) console.error(`\nIsthmus did not start: ${error.message}`);
  await stop(1);
}
