import type { Clock } from "../../shared/clock.js";
import type { Row } from "../schema/definitions.js";
import { stages } from "../schema/sales-objects.js";
import type { FillIn } from "./record-service.js";
import { toSalesforceDateTime } from "./time.js";

/** What Salesforce fills in by itself: an opportunity's probability from its stage, a case's closing time. */
export function createFillIn(clock: Clock): FillIn {
  return (object, values, before): Row => {
    if (object.name === "Opportunity" && typeof values.StageName === "string" && values.Probability === undefined) {
      const probability = stages[values.StageName];
      return probability === undefined ? {} : { Probability: probability };
    }
    if (object.name === "Case" && typeof values.Status === "string") {
      if (values.Status !== "Closed") return { ClosedDate: null };
      return before?.Status === "Closed" ? {} : { ClosedDate: toSalesforceDateTime(clock()) };
    }
    return {};
  };
}
