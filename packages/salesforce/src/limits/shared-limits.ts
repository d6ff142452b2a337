import type { Clock, Random } from "@isthmus/core";
import { type LimitOptions, OrganizationLimits } from "./organization-limits.js";

/** By clock, so that a program that lives by two of them has two. */
const shared = new WeakMap<Clock, Map<string, WeakRef<OrganizationLimits>>>();

/**
 * The limits that all connectors of this process to one organisation share. Those with other options have limits of their own.
 *
 * @param organization - Names the organisation: see {@link organizationOf}.
 */
export function sharedLimits(
  organization: string,
  options: LimitOptions,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): OrganizationLimits {
  const key = JSON.stringify([organization, options.concurrentRequests, options.reservePercent]);
  const byKey = shared.get(clock) ?? new Map<string, WeakRef<OrganizationLimits>>();
  shared.set(clock, byKey);
  const known = byKey.get(key)?.deref();
  if (known !== undefined) return known;
  for (const [name, reference] of byKey) if (reference.deref() === undefined) byKey.delete(name);
  const limits = new OrganizationLimits(clock, random, options);
  byKey.set(key, new WeakRef(limits));
  return limits;
}

/**
 * Names the organisation that a token belongs to: by its id, which is in the address of the identity, and its instance.
 *
 * @param attributes - Of the token: `id` is `https://login.salesforce.com/id/{organisation}/{user}`.
 */
export function organizationOf(attributes: Readonly<Record<string, string>>): string {
  const id = /\/id\/(\w{15,18})\//.exec(attributes.id ?? "")?.[1] ?? "";
  return JSON.stringify([attributes.instance_url ?? "", id.slice(0, 15)]);
}
