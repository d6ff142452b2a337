import type { ConnectorDefinition } from "@isthmus/core";
import type { ContractHarness } from "../harness.js";

/**
 * What a connector may have or lack, so that some clauses apply or do not: a person's consent in a browser, tokens, an
 * operation that writes, a vendor that can be made to state no token lifetime, a vendor or input that can name a host.
 */
export const capabilities = ["browser", "tokens", "write", "lifetime_omission", "misdirection"] as const;

/** One of {@link capabilities}. */
export type Capability = (typeof capabilities)[number];

/** What this connector has with this harness. */
export function capabilitiesOf(definition: ConnectorDefinition, harness: ContractHarness): ReadonlySet<Capability> {
  const { authenticationMethod, write, grant, misdirect } = harness;
  const has: Record<Capability, boolean> = {
    browser: authenticationMethod === "oauth2_authorization_code",
    tokens: definition.authentication[authenticationMethod]?.oauth !== undefined,
    write: write !== undefined,
    lifetime_omission: grant?.omitLifetime !== undefined,
    misdirection: misdirect !== undefined,
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
      .filter((capability) => has.has(capability) === without.has(capability))
      .map((capability) =>
        has.has(capability)
          ? `harness.without names "${capability}", but the connector has it.`
          : `The connector lacks "${capability}": name it in harness.without, so that its clauses do not go missing unseen.`,
      ),
  ];
}
