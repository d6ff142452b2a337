import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { OpenedSink, SinkContext, SinkDefinition } from "@isthmus/core";
import { z } from "zod";
import { ConfigurationError, type ConfigurationProblem } from "../configuration/index.js";

/** How sinks are found. */
export interface LoadSinksOptions {
  /** Names of packages. */
  readonly packages: readonly string[];
  /** What the sinks read their settings from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Imports a package. Default: Node's own `import()`. */
  readonly importPackage?: (name: string) => Promise<unknown>;
}

/** A sink that can be opened: its settings are proven. */
export interface LoadedSink {
  /** Name of its package, under which events wait for it. */
  readonly name: string;
  open(context: SinkContext): Promise<OpenedSink>;
}

const require = createRequire(import.meta.url);
const manifestSchema = z.looseObject({ isthmus: z.looseObject({ sink: z.boolean().optional() }).optional() });

/**
 * Finds the sinks that the operator names, and proves their settings. A package is one when its package.json declares
 * `"isthmus": { "sink": true }` and it exports one definition. Nothing is connected to yet.
 *
 * @throws {ConfigurationError} when a package is not installed or is no sink, or a setting does not fit. No value is repeated.
 */
export async function loadSinks({ packages, environment, importPackage }: LoadSinksOptions): Promise<LoadedSink[]> {
  const load = importPackage ?? ((name: string) => import(name));
  const sinks: LoadedSink[] = [];
  for (const name of packages) {
    await assertSink(name);
    sinks.push(prove(name, readDefinition(name, await load(name)), environment));
  }
  return sinks;
}

function prove(
  name: string,
  { settings, examples, open }: SinkDefinition,
  environment: LoadSinksOptions["environment"],
) {
  const given = Object.entries(environment).filter(([key, value]) => key in settings.shape && value !== "");
  const result = settings.safeParse(Object.fromEntries(given), { reportInput: false });
  if (result.success) return { name, open: (context: SinkContext) => open(result.data, context) };
  throw new ConfigurationError(
    result.error.issues.map(({ path, message }): ConfigurationProblem => {
      const variable = String(path[0]);
      return { variable, problem: message, example: examples[variable] ?? variable };
    }),
  );
}

/** Read without the package's `exports`, which may hide its package.json. */
async function assertSink(name: string): Promise<void> {
  for (const folder of require.resolve.paths(name) ?? []) {
    const text = await readFile(join(folder, name, "package.json"), "utf8").catch((error: unknown) => {
      if (error instanceof Error && Reflect.get(error, "code") === "ENOENT") return undefined;
      throw error;
    });
    if (text === undefined) continue;
    if (manifestSchema.parse(JSON.parse(text)).isthmus?.sink === true) return;
    throw refused(`names ${name}, which is not a sink package.`);
  }
  throw refused(`names ${name}, which is not installed.`);
}

function readDefinition(name: string, exports: unknown): SinkDefinition {
  const values = typeof exports === "object" && exports !== null ? Object.values(exports) : [];
  const [definition, ...others] = values.filter(looksLikeDefinition);
  if (definition !== undefined && others.length === 0) return definition;
  throw refused(`leads to ${name}, which does not export exactly one sink.`);
}

function looksLikeDefinition(value: unknown): value is SinkDefinition {
  return typeof value === "object" && value !== null && Reflect.get(value, "sinkVersion") === 1 && "open" in value;
}

function refused(problem: string): ConfigurationError {
  return new ConfigurationError([{ variable: "ISTHMUS_SINKS", problem, example: "ISTHMUS_SINKS=@isthmus/sink-redis" }]);
}
