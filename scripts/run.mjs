// `npm start` and `npm test` on any machine with Node 20 or newer and npm: brings Node 24 and the pinned pnpm where they
// are missing, installs, builds, and hands over. Plain JavaScript without dependencies, since it runs before the install.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const pinned = readPin();
const isWindows = process.platform === "win32";
// On Windows npx and pnpm are .cmd files, which only a shell starts. Their command lines below are therefore constant:
// no path and no argument of the caller's is ever quoted for a shell.
const shell = isWindows;
const environment = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", CHECKPOINT_DISABLE: "1" };

const [command, ...rest] = process.argv.slice(2);
if (command === "print-tools") {
  console.log(JSON.stringify({ node: process.execPath, path: process.env.PATH }));
} else if (command === "start" || command === "test") {
  process.exitCode = hasTools() ? await work() : await workWithTools();
} else {
  console.error("Usage: node scripts/run.mjs start | test [arguments of vitest]");
  process.exitCode = 2;
}

async function work() {
  const failure = (await install()) || (await run("pnpm", ["build", "--output-logs=errors-only"], { shell }));
  if (failure) return failure;
  // npm swallows a first "--" but pnpm and people may leave one.
  const passed = rest[0] === "--" ? rest.slice(1) : rest;
  return command === "start"
    ? run(process.execPath, ["scripts/start.mjs", ...passed])
    : run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...passed]);
}

async function install() {
  const { NODE_ENV: _, ...env } = environment; // "production" would leave out what builds and tests.
  const args = ["install", "--frozen-lockfile", "--config.confirmModulesPurge=false"];
  if (!existsSync(new URL("../node_modules/.modules.yaml", import.meta.url))) {
    console.error("Installing packages (once, a minute or two)...");
    return run("pnpm", args, { shell, env });
  }
  // Usually there is nothing to do: what pnpm says is only of interest when it fails.
  const output = [];
  const code = await run("pnpm", args, { shell, env, stdio: ["ignore", "pipe", "pipe"] }, (chunk) =>
    output.push(chunk),
  );
  if (code !== 0) process.stderr.write(Buffer.concat(output));
  return code;
}

function hasTools() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 19)) return false;
  const { stdout } = spawnSync("pnpm", ["--version"], { cwd: root, encoding: "utf8", shell, env: environment });
  return stdout?.trim() === pinned;
}

/** Has npx fetch Node and pnpm into npm's cache, asks where they are, and runs this file again with them. */
async function workWithTools() {
  if (process.env.ISTHMUS_RUN_AGAIN) {
    console.error(
      `Node ${process.version} runs without pnpm ${pinned}, although npx just brought both. PATH: ${process.env.PATH}`,
    );
    return 1;
  }
  console.error(`Bringing Node 24 and pnpm ${pinned} into npm's cache (nothing is installed globally)...`);
  const args = ["-y", "--loglevel=error", "-p", "node@24", "-p", `pnpm@${pinned}`, "-c"];
  const question = "node scripts/run.mjs print-tools";
  args.push(shell ? `"${question}"` : question);
  const output = [];
  const code = await run("npx", args, { shell, stdio: ["ignore", "pipe", "inherit"] }, (chunk) => output.push(chunk));
  if (code !== 0) {
    console.error(`npx could not bring Node 24 and pnpm ${pinned}; see its message above. It needs the npm registry.`);
    return code;
  }
  const tools = JSON.parse(Buffer.concat(output).toString("utf8").trim().split("\n").at(-1));
  // Windows spells it "Path", and a second spelling beside it would be a second variable.
  const pathName = Object.keys(environment).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  const env = { ...environment, [pathName]: tools.path, ISTHMUS_RUN_AGAIN: "1" };
  return run(tools.node, [fileURLToPath(import.meta.url), command, ...rest], { env });
}

/** Runs a program in the project's root to its end, passes signals on to it, and resolves with its exit code. */
function run(program, args, options = {}, onOutput = undefined) {
  return new Promise((resolve) => {
    // One string where a shell is used: arguments beside a shell are deprecated, because nothing quotes them.
    const line = options.shell ? [[program, ...args].join(" "), []] : [program, args];
    const child = spawn(...line, { cwd: root, stdio: "inherit", env: environment, ...options });
    if (onOutput) for (const stream of [child.stdout, child.stderr]) stream?.on("data", onOutput);
    const forward = (signal) => {
      // Ctrl-C in a terminal reaches the whole group; a second one would make the child give up its orderly end.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, forward);
    const finish = (code) => {
      for (const signal of signals) process.off(signal, forward);
      resolve(code);
    };
    child.on("error", (error) => {
      console.error(`${program} does not start: ${error.message}`);
      finish(1);
    });
    child.on("close", (code, signal) => finish(code ?? 128 + (signal === "SIGINT" ? 2 : signal === "SIGHUP" ? 1 : 15)));
  });
}

function readPin() {
  const { packageManager } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return packageManager.replace(/^pnpm@/, "").replace(/\+.*$/, "");
}
