import type { Clock, RandomBytes } from "../shared/clock.js";
import { NumberRanges } from "./number-ranges.js";
import type { BusinessPartner, BusinessPartnerAddress, Customer, Material, SalesOrder } from "./records.js";
import type { SapSettings } from "./settings.js";
import { mostRecords, Store } from "./store.js";

/** What every part of the sandbox shares: OData, RFC and IDoc see the same records. */
export interface SapState {
  clock: Clock;
  random: RandomBytes;
  /** May change while it runs: read them when needed. */
  settings: SapSettings;
  /** The system's three letters and its client, such as `S4H` and `100`. */
  system: { id: string; client: string; logicalSystem: string };
  numberRanges: NumberRanges;
  businessPartners: Store<BusinessPartner>;
  /** By `BusinessPartner/AddressID`. */
  addresses: Store<BusinessPartnerAddress>;
  customers: Store<Customer>;
  materials: Store<Material>;
  /** Committed orders only: what a session has not committed is not here. */
  salesOrders: Store<SalesOrder>;
  /** Ends a wait when the sandbox closes. */
  closing: AbortSignal;
  /** Called by `reset` after the stores were emptied and before they are seeded: a part adds what it keeps itself. */
  onReset: Set<() => void>;
}

/**
 * A state without records.
 *
 * @param partners - Business partners that are to fit in beside what is made while it runs.
 */
export function createSapState(
  parts: Pick<SapState, "clock" | "random" | "settings" | "closing">,
  partners = 0,
): SapState {
  return {
    ...parts,
    system: { id: "S4H", client: "100", logicalSystem: "S4HCLNT100" },
    numberRanges: new NumberRanges(),
    businessPartners: new Store((item) => item.BusinessPartner, mostRecords + partners),
    addresses: new Store((item) => `${item.BusinessPartner}/${item.AddressID}`),
    customers: new Store((item) => item.Customer),
    materials: new Store((item) => item.Material),
    salesOrders: new Store((item) => item.SalesOrder),
    onReset: new Set(),
  };
}

/** Does all of `work` or, when it throws, nothing. It must be synchronous. */
export function runAtomically<Result>(state: SapState, work: () => Result): Result {
  const held = storesOf(state).map((store) => store.hold());
  try {
    const result = work();
    for (const store of held) store.release();
    return result;
  } catch (error) {
    for (const store of held) store.undo();
    throw error;
  }
}

/** Empties everything; settings are the caller's. */
export function clearSapState(state: SapState): void {
  for (const store of storesOf(state)) store.clear();
  state.numberRanges.clear();
  for (const clear of state.onReset) clear();
}

function storesOf(state: SapState) {
  return [state.businessPartners, state.addresses, state.customers, state.materials, state.salesOrders];
}
