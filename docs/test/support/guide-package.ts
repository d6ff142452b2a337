import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, parse } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { readSnippet, root } from "./snippets.js";

const execute = promisify(execFile);
const sources = new URL("vitest.sources.mjs", root).href;
const tsc = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root));

/** The package that a guide's `file:` blocks make, in a temporary folder. */
export interface GuidePackage {
  readonly folder: string;
  /** The files that the guide names, relative. */
  readonly files: readonly string[];
  /** Its name in package.json. */
  readonly name: string;
}

/** How many code blocks a guide has, and how many of them stand behind a marker. */
export function countBlocks(guide: string): { readonly all: number; readonly marked: number } {
  const text = readFileSync(new URL(guide, root), "utf8");
  return {
    all: [...text.matchAll(/^```\w+$/gm)].length,
    marked: [...text.matchAll(/^<!-- \S+ -->\n```\w+$/gm)].length,
  };
}

/**
 * Writes the blocks behind `<!-- file:… -->` into an empty folder. What `npm install` would bring is linked from the
 * repository; `@isthmus/…` packages are not among it: they are taken from their sources by whoever runs the files.
 */
export function assemblePackage(guide: string): GuidePackage {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "isthmus-guide-")));
  const text = readFileSync(new URL(guide, root), "utf8");
  const files = [...text.matchAll(/^<!-- file:(\S+) -->$/gm)].map(([, file = ""]) => file);
  for (const file of files) write(join(folder, file), readSnippet(guide, `file:${file}`));
  link("packages/core/node_modules/zod", join(folder, "node_modules/zod"));
  link("node_modules/@types/node", join(folder, "node_modules/@types/node"));
  const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name: string };
  return { folder, files, name };
}

/**
 * Type-checks every file of it as strictly as the repository's own, beside the options that the guide itself sets.
 * @returns what the compiler complains of in these files, one line for each; empty when they are sound.
 */
export async function checkTypes({ folder, name }: GuidePackage): Promise<readonly string[]> {
  const packages = ["core", "testkit"].map((each) => [
    `@isthmus/${each}`,
    [fileURLToPath(new URL(`packages/${each}/src/index.ts`, root))],
  ]);
  const configuration = {
    extends: [fileURLToPath(new URL("tsconfig.base.json", root)), "./tsconfig.json"],
    compilerOptions: {
      noEmit: true,
      // The sources are beyond the folder, and the compiler wants everything below one.
      rootDir: parse(folder).root,
      paths: { ...Object.fromEntries(packages), [name]: ["./src/index.ts"] },
    },
    include: ["src", "test", "examples"],
  };
  write(join(folder, "tsconfig.check.json"), JSON.stringify(configuration));
  const output = await compile(folder, ["-p", "tsconfig.check.json", "--pretty", "false"]);
  // Paths are relative to the folder: those that lead out of it are the repository's own, checked elsewhere.
  return output.split("\n").filter((line) => line !== "" && !line.startsWith("..") && !line.startsWith(" "));
}

/** Runs the package's own build. Types were judged by {@link checkTypes}; here only JavaScript comes out. */
export async function buildPackage({ folder }: GuidePackage): Promise<void> {
  const output = await compile(folder, ["--noCheck", "--declaration", "false", "--pretty", "false"]);
  if (output !== "") throw new Error(output);
}

/** Puts a further file into it. */
export function writeInto({ folder }: GuidePackage, file: string, text: string): void {
  write(join(folder, file), text);
}

/** The files of the repository that a guide links to. */
export function localLinks(guide: string): readonly URL[] {
  const text = readFileSync(new URL(guide, root), "utf8");
  return [...text.matchAll(/\]\((\.[^)\s]+)\)/g)].map(([, target = ""]) => new URL(target, new URL(guide, root)));
}

/** Runs one of its files by plain Node, with `@isthmus/…` from the sources. @returns what it printed. */
export async function runFile(
  { folder }: GuidePackage,
  file: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const env = { PATH: process.env.PATH, ...environment };
  const { stdout } = await execute(process.execPath, ["--import", sources, file], { cwd: folder, env });
  return stdout;
}

/**
 * Variables with which a Node process finds the package as if it were installed beside it. `import` knows no NODE_PATH,
 * so a hook resolves its name from the same folder, by the package's own `exports`.
 */
export function installation({ folder, name }: GuidePackage): Readonly<Record<string, string>> {
  const modules = join(folder, "installed/node_modules");
  mkdirSync(dirname(join(modules, name)), { recursive: true });
  symlinkSync(folder, join(modules, name), "junction");
  const hook = join(folder, "installed/resolve.mjs");
  write(
    hook,
    `import { registerHooks } from "node:module";
     registerHooks({
       resolve: (specifier, context, next) =>
         next(specifier, specifier === ${JSON.stringify(name)} ? { ...context, parentURL: import.meta.url } : context),
     });`,
  );
  return { NODE_PATH: modules, NODE_OPTIONS: `--import ${pathToFileURL(hook).href}` };
}

async function compile(folder: string, options: readonly string[]): Promise<string> {
  try {
    const { stdout } = await execute(process.execPath, [tsc, ...options], { cwd: folder });
    return stdout.trim();
  } catch (error) {
    // The compiler tells its findings on stdout and by its exit code; anything else is not a finding.
    const { stdout } = error as { readonly stdout?: string };
    if (!stdout) throw error;
    return stdout.trim();
  }
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(realpathSync(fileURLToPath(new URL(from, root))), to, "junction");
}
