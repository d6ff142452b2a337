import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type ConnectorDefinition, ConnectorFactory } from "@isthmus/core";
import { z } from "zod";
import { ConfigurationError } from "../configuration/index.js";

/** How connector packages are found. */
export interface LoadConnectorsOptions {
  /** Names of packages; default: those among the service's own dependencies that say that they are connectors. */
  readonly packages?: readonly string[] | undefined;
  /** Imports a package. Default: Node's own `import()`. */
  readonly importPackage?: (name: string) => Promise<unknown>;
}

const require = createRequire(import.meta.url);

const manifestSchema = z.looseObject({
  dependencies: z.record(z.string(), z.string()).optional(),
  isthmus: z.looseObject({ connector: z.boolean().optional() }).optional(),
});

/**
 * Finds the installed connectors and registers their definitions. A package is one when its package.json declares
 * `"isthmus": { "connector": true }`; nothing else has to change to add one.
 *
 * @throws {ConfigurationError} when a package that was named is not installed or is no connector.
 * @throws {ConnectorError} `INVALID_DEFINITION`.
 */
export async function loadConnectors(options: LoadConnectorsOptions = {}): Promise<ConnectorFactory> {
  const importPackage = options.importPackage ?? ((name) => import(name));
  const names = options.packages ? await assertConnectors(options.packages) : await findConnectors();
  const definitions = await Promise.all(names.map(async (name) => readDefinition(name, await importPackage(name))));
  return new ConnectorFactory(definitions);
}

async function findConnectors(): Promise<string[]> {
  const own = manifestSchema.parse(JSON.parse(await readFile(require.resolve("../../package.json"), "utf8")));
  const names = Object.keys(own.dependencies ?? {});
  const found = await Promise.all(names.map(async (name) => ((await isConnector(name)) ? [name] : [])));
  return found.flat();
}

async function assertConnectors(names: readonly string[]): Promise<readonly string[]> {
  for (const name of names) {
    const answer = await isConnector(name);
    if (answer === true) continue;
    const problem = answer === undefined ? "which is not installed." : "which is not a connector package.";
    throw new ConfigurationError([
      {
        variable: "ISTHMUS_CONNECTORS",
        problem: `names ${name}, ${problem}`,
        example: "ISTHMUS_CONNECTORS=@acme/isthmus-crm",
      },
    ]);
  }
  return names;
}

/** Whether the package says so; `undefined` = it is not installed. Read without the package's `exports`, which may hide its package.json. */
async function isConnector(name: string): Promise<boolean | undefined> {
  for (const folder of require.resolve.paths(name) ?? []) {
    const text = await readIfThere(join(folder, name, "package.json"));
    if (text !== undefined) return manifestSchema.parse(JSON.parse(text)).isthmus?.connector === true;
  }
  return undefined;
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, "code") === "ENOENT") return undefined;
    throw error;
  }
}

function readDefinition(name: string, exports: unknown): ConnectorDefinition {
  const values = typeof exports === "object" && exports !== null ? Object.values(exports) : [];
  const [definition, ...others] = values.filter(looksLikeDefinition);
  if (definition !== undefined && others.length === 0) return definition;
  const count = definition === undefined ? "no connector definition" : "more than one connector definition";
  throw new ConfigurationError([
    {
      variable: "ISTHMUS_CONNECTORS",
      problem: `leads to ${name}, which exports ${count}.`,
      example: "a package that exports exactly one",
    },
  ]);
}

/** Enough to recognise one; the factory then proves it. */
function looksLikeDefinition(value: unknown): value is ConnectorDefinition {
  return typeof value === "object" && value !== null && "specificationVersion" in value && "create" in value;
}
