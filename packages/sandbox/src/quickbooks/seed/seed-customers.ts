import { findEntity } from "../data/entities.js";
import { toRecordTime } from "../data/time.js";
import type { Company } from "../state.js";

/** Milliseconds from one customer to the next. */
const stepMs = 60_000;

/** Adds so many customers, told apart by their numbers, a minute apart, the last one at `lastMs`. */
export function seedCustomers({ records }: Company, count: number, lastMs: number): void {
  const definition = findEntity("Customer");
  if (definition === undefined) throw new Error("There is no entity Customer.");
  for (let number = 1; number <= count; number += 1) {
    const Id = records.nextId(definition);
    const at = toRecordTime(lastMs - (count - number) * stepMs);
    const name = `Customer ${number}`;
    records.put("Customer", {
      Taxable: true,
      Job: false,
      Balance: 0,
      PrimaryEmailAddr: { Address: `customer${number}@volume.example` },
      BillAddr: {
        Line1: `${number} Ocean Street`,
        City: "San Diego",
        CountrySubDivisionCode: "CA",
        PostalCode: "92101",
      },
      DisplayName: name,
      FullyQualifiedName: name,
      PrintOnCheckName: name,
      Active: true,
      domain: "QBO",
      sparse: false,
      Id,
      SyncToken: "0",
      MetaData: { CreateTime: at, LastUpdatedTime: at },
    });
  }
}
