import type { AbapRow } from "../../business-data.js";
import { char } from "../abap-types.js";
import { bapiret1, toBapiret1 } from "../bapi-messages.js";
import type { AbapStructure, FunctionModule } from "../function-module.js";

const address: AbapStructure = {
  name: "BAPICUSTOMER_04",
  fields: [
    ["CUSTOMER", char(10)],
    ["NAME", char(35)],
    ["NAME_2", char(35)],
    ["NAME_3", char(35)],
    ["NAME_4", char(35)],
    ["CITY", char(35)],
    ["DISTRICT", char(35)],
    ["PO_BOX", char(10)],
    ["POBX_PCD", char(10)],
    ["POSTL_CODE", char(10)],
    ["REGION", char(3)],
    ["STREET", char(35)],
    ["COUNTRY", char(3)],
    ["COUNTRYISO", char(2)],
    ["LANGU", char(1)],
    ["LANGU_ISO", char(2)],
    ["TELEPHONE", char(16)],
    ["TELEPHONE2", char(16)],
    ["FAX_NUMBER", char(31)],
  ],
};

const generalDetail: AbapStructure = {
  name: "BAPICUSTOMER_KNA1",
  fields: [
    ["CUSTOMER", char(10)],
    ["ACCNT_GRP", char(4)],
    ["ORDER_BLK", char(2)],
    ["BILL_BLOCK", char(2)],
    ["DEL_BLOCK", char(2)],
    ["DEL_FLAG", char(1)],
    ["CNTR_BLOCK", char(1)],
    ["TAX_NO_1", char(16)],
    ["VAT_REG_NO", char(20)],
  ],
};

const companyDetail: AbapStructure = {
  name: "BAPICUSTOMER_05",
  fields: [
    ["CUSTOMER", char(10)],
    ["COMP_CODE", char(4)],
    ["RECON_ACCT", char(10)],
    ["PMNTTRMS", char(4)],
  ],
};

const bankDetail: AbapStructure = {
  name: "BAPICUSTOMER_02",
  fields: [
    ["CUSTOMER", char(10)],
    ["BANK_CTRY", char(3)],
    ["BANK_KEY", char(15)],
    ["BANK_ACCT", char(18)],
  ],
};

/**
 * A customer's address and general data; RETURN is a structure of the older kind.
 *
 * The structures hold the fields that the sandbox has values for; SAP's are longer.
 */
export const bapiCustomerGetDetail2: FunctionModule = {
  name: "BAPI_CUSTOMER_GETDETAIL2",
  parameters: [
    { name: "CUSTOMERNO", direction: "importing", type: char(10), optional: false },
    { name: "COMPANYCODE", direction: "importing", type: char(4) },
    { name: "CUSTOMERADDRESS", direction: "exporting", type: address },
    { name: "CUSTOMERGENERALDETAIL", direction: "exporting", type: generalDetail },
    { name: "CUSTOMERCOMPANYDETAIL", direction: "exporting", type: companyDetail },
    { name: "RETURN", direction: "exporting", type: bapiret1 },
    { name: "CUSTOMERBANKDETAIL", direction: "tables", type: bankDetail },
  ],
  exceptions: [],
  run: (call) => {
    const number = call.value("CUSTOMERNO");
    const customer = call.parts.business.customers.find(number);
    if (customer === undefined) {
      const text = `Customer ${number} does not exist`;
      call.setStructure("RETURN", toBapiret1({ type: "E", id: "F2", number: "153", text, variables: [number] }));
      return;
    }
    call.setStructure("CUSTOMERADDRESS", toAddress(customer));
    call.setStructure("CUSTOMERGENERALDETAIL", {
      CUSTOMER: number,
      ACCNT_GRP: customer.KTOKD ?? "",
      ORDER_BLK: customer.AUFSD ?? "",
      DEL_FLAG: customer.LOEVM ?? "",
      VAT_REG_NO: customer.STCEG ?? "",
    });
    const company = call.value("COMPANYCODE");
    if (company !== "") call.setStructure("CUSTOMERCOMPANYDETAIL", { CUSTOMER: number, COMP_CODE: company });
    call.setRows("CUSTOMERBANKDETAIL", []);
  },
};

function toAddress(customer: AbapRow): AbapRow {
  const of = (field: string): string => customer[field] ?? "";
  return {
    CUSTOMER: of("KUNNR"),
    NAME: of("NAME1"),
    NAME_2: of("NAME2"),
    CITY: of("ORT01"),
    POSTL_CODE: of("PSTLZ"),
    REGION: of("REGIO"),
    STREET: of("STRAS"),
    COUNTRY: of("LAND1"),
    COUNTRYISO: of("LAND1"),
    LANGU: of("SPRAS"),
    TELEPHONE: of("TELF1"),
    FAX_NUMBER: of("TELFX"),
  };
}
