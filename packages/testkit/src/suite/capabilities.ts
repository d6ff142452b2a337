import type { ConnectorDefinition } from "@isthmus/core";
import { type Capability, capabilities } from "../capability.js";
import type { ContractHarness } from "../harness.js";

/** What this connector has with this harness. */
export function capabilitiesOf(definition: ConnectorDefinition, harness: ContractHarness): ReadonlySet<Capability> {
  const { authenticationMethod, write, grant, misdirect, bulk, writer } = harness;
  const has: Record<Capability, boolean> = {
    browser: authenticationMethod === "oauth2_authorization_code",
    tokens: definition.authentication[authenticationMethod]?.oauth !== undefined,
    write: write !== undefined,
    lifetime_omission: grant?.omitLifetime !== undefined,
    misdirection: misdirect !== undefined,
    bulk: bulk !== undefined,
    writer: writer !== undefined,
  };
  return new Set(capabilities.filter((capability) => has[capability]));
}

/** What a harness has to supply and does not, in words; empty when it is complete. */
export function gapsOf(definition: ConnectorDefinition, harness: ContractHarness): string[] {
  const has = capabilitiesOf(definition, harness);
  const without = new Set(harness.without ?? []);
  const { authenticationMethod } = harness;
  return [
    ...(definition.authentication[authenticationMethod] ? [] : [`The definition has no ${authenticationMethod}.`]),
    ...(has.has("browser") && !harness.browser ? [`${authenticationMethod} needs harness.browser.`] : []),
    ...(has.has("tokens") && !harness.grant ? ["A scheme with tokens needs harness.grant."] : []),
    ...capabilities
      // A connector without bulk operations lacks nothing that its clauses could go missing of.
      .filter((capability) => capability !== "bulk" || has.has("bulk") || offersBulk(definition))
      // Whether it has a writer, only a connector tells: that one is missing is a clause of its own.
      .filter((capability) => capability !== "writer" || has.has("writer"))
      .filter((capability) => has.has(capability) === without.has(capability))
      .map((capability) =>
        has.has(capability)
          ? `harness.without names "${capability}", but the connector has it.`
          : `The connector lacks "${capability}": name it in harness.without, so that its clauses do not go missing unseen.`,
      ),
  ];
}

/** As far as the definition tells before it is configured. */
function offersBulk(definition: ConnectorDefinition): boolean {
  const configuration = definition.configuration.safeParse(definition.exampleConfiguration ?? {});
  return configuration.success && definition.operations(configuration.data).some(({ kind }) => kind === "bulk");
}
