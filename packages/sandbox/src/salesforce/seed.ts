import type { RecordStore } from "./data/record-store.js";
import { makeId } from "./ids.js";
import { user } from "./schema/service-objects.js";

/** The administrator, whose sign-in the README shows. */
export const administratorUsername = "ada.lindqvist@fjordline.example";

/** Fills an empty store. */
export function seedRecords(store: RecordStore, company: boolean): void {
  void company;
  const administratorId = makeId(user.keyPrefix, 1_000_007);
  store.insert(
    user,
    {
      Username: administratorUsername,
      FirstName: "Ada",
      LastName: "Lindqvist",
      Email: administratorUsername,
      Alias: "alind",
      IsActive: true,
    },
    administratorId,
  );
}
