import { Command } from "commander";
import { verifyAudit } from "./audit/verify-audit.js";
import { type FileExpectations, verifyFile } from "./audit/verify-file.js";
import { addDeliveryCommands } from "./deliveries/commands.js";
import { UsageError } from "./failures.js";
import type { Host } from "./host.js";
import { generateKey } from "./keys/generate-key.js";
import { beginRotation, resumeRotation, stopRotation } from "./keys/rotate.js";
import { showKeys } from "./keys/show-keys.js";
import { tell } from "./notices.js";
import { PlatformApi } from "./platform-api.js";
import { cancelRun, listRuns, watchRun } from "./runs/manage-runs.js";
import type { ServiceSettings } from "./service-api.js";
import { apiKey, isExposed, type KeyKind, platformKey, readSettings } from "./settings.js";
import { type RunFilter, TenantApi } from "./tenant-api.js";

interface GlobalOptions {
  readonly url?: string;
  readonly json?: boolean;
}

interface VerifyOptions extends FileExpectations {
  readonly file?: string;
  readonly platform?: boolean;
}

interface WaitOptions extends GlobalOptions {
  readonly wait: boolean;
}

/** The commands. What ends with another exit code than 0 without a failure says so by `exitWith`. */
export function createProgram(host: Host, exitWith: (code: number) => void): Command {
  const writeErrorOf = (command: Command) => (text: string) => {
    const detail = text.replace(/^error: /, "").trim();
    host.writeError(command.opts<GlobalOptions>().json ? `${JSON.stringify({ code: "USAGE", detail })}\n` : text);
  };
  const program = new Command("isthmus")
    .description(
      "The command line of an Isthmus service. `keys`, `sinks` and `audit verify --platform` need ISTHMUS_PLATFORM_KEY, `runs`, `webhooks` and `audit` a tenant's ISTHMUS_API_KEY.",
    )
    .option("--url <address>", "address of the service (default: ISTHMUS_URL, else http://127.0.0.1:3000)")
    .option("--json", "answer in JSON, for machines")
    .version(host.version)
    .exitOverride();
  program.configureOutput({ writeOut: host.write, writeErr: host.writeError, outputError: writeErrorOf(program) });
  const contextWith = <Api>(command: Command, key: KeyKind, createApi: (settings: ServiceSettings) => Api) => {
    const { url, json = false } = command.optsWithGlobals<GlobalOptions>();
    const settings = readSettings(url, key, host);
    if (isExposed(settings)) {
      const name = key.name.replace(/^\w/, (letter) => letter.toUpperCase());
      tell({ host, json }, `${name} goes to ${new URL(settings.url).host} over plain http, where others can read it.`);
    }
    return { api: createApi(settings), host, json, exitWith };
  };
  const contextOf = (command: Command) => contextWith(command, platformKey, (settings) => new PlatformApi(settings));
  const tenantOf = (command: Command) => contextWith(command, apiKey, (settings) => new TenantApi(settings));
  const keys = program
    .command("keys")
    .description("show the key-encryption keys, what they wrap, and the last rotation")
    .action((_options: object, command: Command) => showKeys(contextOf(command)));
  keys
    .command("rotate")
    .description("wrap every data key anew under the key-encryption key that the service has first, and wait for it")
    .option("--data-keys", "also make new data keys, and seal every stored secret again under them")
    .option("--no-wait", "return once it has begun")
    .action(({ wait, dataKeys = false }: WaitOptions & { dataKeys?: boolean }, command: Command) =>
      beginRotation(contextOf(command), { wait, dataKeys }),
    );
  keys
    .command("stop")
    .description("stop the rotation that runs; what is done stays done")
    .action((_options: object, command: Command) => stopRotation(contextOf(command)));
  keys
    .command("resume")
    .description("let the last rotation go on where it was stopped, and wait for it")
    .option("--no-wait", "return at once")
    .action(({ wait }: WaitOptions, command: Command) => resumeRotation(contextOf(command), { wait }));
  keys
    .command("generate")
    .argument("[id]", "what the key is to be called", "k1")
    .description("make a key for ISTHMUS_KEYS; asks no service")
    .action((id: string) => generateKey(id, host));
  const runs = program
    .command("runs")
    .description("list the newest runs of bulk operations")
    .option("--connector <id>", "only those of this connector")
    .option(
      "--status <status>",
      "only those that stand so: starting, running, cancelling, succeeded, failed, cancelled",
    )
    .action((filter: RunFilter, command: Command) => listRuns(tenantOf(command), filter));
  runs
    .command("watch")
    .argument("<id>", "the run")
    .description("show how far a run is, and wait for its end")
    .action((id: string, _options: object, command: Command) => watchRun(tenantOf(command), id));
  runs
    .command("cancel")
    .argument("<id>", "the run")
    .description("end the work of a run at the vendor; what is done stays done")
    .action((id: string, _options: object, command: Command) => cancelRun(tenantOf(command), id));
  addDeliveryCommands(program, { tenantOf, platformOf: contextOf });
  program
    .command("audit")
    .description("prove that the audit of the key's tenant, or of the platform, is whole")
    .command("verify")
    .description("verify the chain of the audit, and name its first broken link")
    .option("--expect-head <head>", "a head that was kept elsewhere, as it was printed: the chain has to lead over it")
    .option("--platform", "verify the platform's own audit, with ISTHMUS_PLATFORM_KEY")
    .option("--file <path>", "verify an exported file instead; asks no service")
    .option(
      "--public-key <key>",
      "with --file: a key that was kept elsewhere, which signed the head, or has handed over to the one that did (default: the key in the file)",
    )
    .action(({ file, platform = false, ...expected }: VerifyOptions, command: Command) => {
      if (file === undefined && expected.publicKey !== undefined) {
        throw new UsageError("--public-key is for --file: the service holds the head against the tenant's own key.");
      }
      if (file !== undefined && platform) throw new UsageError("--platform asks the service, --file none: give one.");
      if (file === undefined) {
        return verifyAudit(platform ? contextOf(command) : tenantOf(command), expected.expectHead);
      }
      const { json = false } = command.optsWithGlobals<GlobalOptions>();
      return verifyFile({ api: undefined, host, json, exitWith }, file, expected);
    });
  return program;
}
