#!/usr/bin/env node
import { parseArgs } from "node:util";
import { startQuickbooksSandbox } from "./quickbooks/quickbooks-sandbox.js";
import { startSalesforceSandbox } from "./salesforce/salesforce-sandbox.js";
import { startSapSandbox } from "./sap/sap-sandbox.js";

interface RunningSandbox {
  lines: [string, string][];
  close(): Promise<void>;
}

interface StartOptions {
  host: string;
  port: number;
  skipConsent: boolean;
  rotateRefreshTokens: boolean;
  dataFile: string | undefined;
  clientId: string | undefined;
  clientSecret: string | undefined;
  password: string | undefined;
}

interface Vendor {
  defaultPort: number;
  start(options: StartOptions): Promise<RunningSandbox>;
}

/** One entry a vendor. */
const vendors: Readonly<Record<string, Vendor>> = {
  salesforce: { defaultPort: 4010, start: startSalesforce },
  quickbooks: { defaultPort: 4020, start: startQuickbooks },
  sap: { defaultPort: 4030, start: startSap },
};

const usage = `Usage: sandbox <vendor> [options]

Vendors: ${Object.keys(vendors).join(", ")}

  --port <number>            default: 4010 for salesforce, 4020 for quickbooks, 4030 for sap; 0 takes any free port
  --host <address>           default: 127.0.0.1
  --skip-consent             allow at once, without the page (not sap)
  --rotate-refresh-tokens    a new refresh token at each refresh; an old one revokes the grant (not sap)
  --data <file>              keep grants and records across restarts (not sap)
  --client-id <id>           default: a fixed one, printed at start
  --help

The client secret may be set in the environment as SANDBOX_CLIENT_SECRET, the password (sap) as SANDBOX_PASSWORD.
`;

await main();

async function main(): Promise<void> {
  try {
    const { vendor, options } = readArguments();
    const running = await vendor.start(options);
    for (const [name, value] of running.lines) process.stdout.write(`${name.padEnd(14)}${value}\n`);
    process.stdout.write("Press Ctrl-C to stop.\n");
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stop(running));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function stop(running: RunningSandbox): Promise<void> {
  await running.close();
  process.stdout.write("Stopped.\n");
  process.exitCode = 0;
}

function readArguments(): { vendor: Vendor; options: StartOptions } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: "string" },
      host: { type: "string", default: "127.0.0.1" },
      "skip-consent": { type: "boolean", default: false },
      "rotate-refresh-tokens": { type: "boolean", default: false },
      data: { type: "string" },
      "client-id": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const [name, ...others] = positionals;
  const vendor = name !== undefined && Object.hasOwn(vendors, name) ? vendors[name] : undefined;
  if (vendor === undefined || others.length > 0) throw new Error(`Name one vendor.\n\n${usage}`);
  const port = Number(values.port ?? vendor.defaultPort);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error("--port must be a number from 0 to 65535.");
  return {
    vendor,
    options: {
      host: values.host,
      port,
      skipConsent: values["skip-consent"],
      rotateRefreshTokens: values["rotate-refresh-tokens"],
      dataFile: values.data,
      clientId: values["client-id"],
      // Not arguments: those can be read by every user of the machine.
      clientSecret: process.env.SANDBOX_CLIENT_SECRET,
      password: process.env.SANDBOX_PASSWORD,
    },
  };
}

async function startSalesforce(options: StartOptions): Promise<RunningSandbox> {
  const sandbox = await startSalesforceSandbox({
    ...commonOptions(options),
    rotateRefreshTokens: options.rotateRefreshTokens,
  });
  const lines: [string, string][] = [["user name", sandbox.username]];
  return {
    lines: [["Salesforce", sandbox.url], ...clientLines(sandbox.client, options), ...lines],
    close: () => sandbox.close(),
  };
}

async function startQuickbooks(options: StartOptions): Promise<RunningSandbox> {
  // Without the flag they rotate once a day, as Intuit's do.
  const rotation = options.rotateRefreshTokens ? { refreshTokenRotationMs: 0, revokeOnReuse: true } : {};
  const sandbox = await startQuickbooksSandbox({ ...commonOptions(options), ...rotation });
  const lines = sandbox.realmIds.map((realmId): [string, string] => ["realm id", realmId]);
  return {
    lines: [["QuickBooks", sandbox.url], ...clientLines(sandbox.client, options), ...lines],
    close: () => sandbox.close(),
  };
}

async function startSap(options: StartOptions): Promise<RunningSandbox> {
  if (options.dataFile !== undefined)
    throw new Error("The SAP sandbox keeps nothing across restarts: leave --data out.");
  const { host, port, client } = commonOptions(options);
  const { password } = options;
  const sandbox = await startSapSandbox({ host, port, client, ...(password !== undefined && { password }) });
  return {
    lines: [
      ["SAP", sandbox.url],
      ["system", `${sandbox.system.id}, client ${sandbox.system.client}`],
      ["user name", sandbox.user.name],
      ["password", password === undefined ? sandbox.user.password : "as in SANDBOX_PASSWORD"],
      ...clientLines(sandbox.client, options),
    ],
    close: () => sandbox.close(),
  };
}

/** What every vendor's sandbox takes. */
function commonOptions({ host, port, skipConsent, clientId, clientSecret, dataFile }: StartOptions) {
  return {
    host,
    port,
    skipConsent,
    ...(dataFile === undefined ? {} : { dataFile }),
    client: {
      ...(clientId === undefined ? {} : { id: clientId }),
      ...(clientSecret === undefined ? {} : { secret: clientSecret }),
    },
    log: (message: string) => void process.stderr.write(`${message}\n`),
  };
}

function clientLines(client: { id: string; secret: string }, { clientSecret }: StartOptions): [string, string][] {
  return [
    ["client id", client.id],
    // One from the environment is the caller's own secret: not ours to print.
    ["client secret", clientSecret === undefined ? client.secret : "as in SANDBOX_CLIENT_SECRET"],
  ];
}
