// @ts-check
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Application, ReflectionKind } from "typedoc";
import { listPackages } from "./workspace.mjs";

/** What a package can export: a name that a reader of its surface meets. */
const exported =
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.TypeAlias |
  ReflectionKind.Function |
  ReflectionKind.Variable |
  ReflectionKind.Enum |
  ReflectionKind.Namespace;
/** What an exported class or interface offers. */
const members = ReflectionKind.Method | ReflectionKind.Property | ReflectionKind.Accessor;

/**
 * Finds names that a package exports from its `src/index.ts` without a doc comment.
 *
 * @param {string} root
 * @param {{ members?: boolean }} [options] `members` asks for those of exported classes and interfaces, too.
 * @returns {Promise<string[]>} one line for each, `file:line: name of package has no doc comment`.
 */
export async function checkDocstrings(root, options = {}) {
  const packages = listPackages(root)
    .map((each) => ({ ...each, entry: join(root, each.folder, "src/index.ts") }))
    .filter(({ folder, entry }) => folder.startsWith("packages/") && existsSync(entry));
  if (packages.length === 0) return [`docstrings: no package with a src/index.ts found under ${root}`];

  const project = await readProject(root, packages);
  if (project === undefined) return ["docstrings: typedoc could not read the packages; see its messages above"];

  const wanted = exported | (options.members ? members : 0);
  const lines = project.getReflectionsByKind(wanted).flatMap((reflection) => {
    if (!reflection.isDeclaration() || isPartOfType(reflection)) return [];
    // Of a function, a method or an accessor, the comment hangs on what can be called.
    const parts = [reflection, ...(reflection.signatures ?? []), reflection.getSignature, reflection.setSignature];
    if (parts.some((part) => part?.hasComment()) || reflection.inheritedFrom !== undefined) return [];
    const [source] = reflection.sources ?? [];
    // What another package exports is documented where it is declared.
    if (source === undefined || source.fullFileName.includes("node_modules")) return [];
    const file = relative(root, source.fullFileName).replaceAll("\\", "/");
    return [`${file}:${source.line}: ${reflection.getFriendlyFullName()} has no doc comment`];
  });
  return [...new Set(lines)].sort();
}

/**
 * @param {string} root
 * @param {{ entry: string }[]} packages
 */
async function readProject(root, packages) {
  const entries = packages.map(({ entry }) => entry);
  // The project's own tsconfig names every test and app besides: reading only what is exported takes a third of the time.
  const folder = mkdtempSync(join(tmpdir(), "isthmus-docstrings-"));
  try {
    const tsconfig = join(folder, "tsconfig.json");
    const base = join(root, "tsconfig.json");
    const options = existsSync(base) ? { extends: base } : { compilerOptions: { module: "NodeNext" } };
    writeFileSync(tsconfig, JSON.stringify({ ...options, include: [], files: entries }));
    const app = await Application.bootstrap({
      entryPoints: entries,
      tsconfig,
      basePath: root,
      // Types are checked by the compiler; a half-written file must not hide what the others lack.
      skipErrorChecking: true,
      excludePrivate: true,
      excludeInternal: true,
      excludeExternals: true,
      logLevel: "Error",
    });
    return await app.convert();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Properties of an object type written in place have names of their own only where that type has one. @param {import("typedoc").Reflection} reflection */
function isPartOfType(reflection) {
  for (let parent = reflection.parent; parent !== undefined; parent = parent.parent) {
    if (parent.kindOf([ReflectionKind.TypeLiteral, ReflectionKind.SomeSignature])) return true;
  }
  return false;
}
