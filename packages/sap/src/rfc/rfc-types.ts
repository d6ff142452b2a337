/** A value of a parameter or a field in JSON. What each type looks like is said at {@link RfcType}. */
export type RfcValue = string | number | null | readonly RfcValue[] | { readonly [field: string]: RfcValue };

/** Parameters by their ABAP names: `{ ORDER_HEADER_IN: { DOC_TYPE: "TA" } }`. */
export type RfcParameters = Readonly<Record<string, RfcValue | undefined>>;

/**
 * What a parameter, a field or a row is, as the WSDL tells, and how its values look in JSON:
 *
 * | kind | ABAP | JSON |
 * |-|-|-|
 * | text | CHAR, CLNT, CUKY, LANG, UNIT | text, without the blanks at the end with which ABAP fills it up |
 * | text without `maxLength` | STRING | text, exactly |
 * | digits | NUMC | digits with their leading zeros |
 * | date | DATS | `2026-11-26`; `null` for the initial 00000000; what is no date comes as it is |
 * | time | TIMS | `23:59:59` |
 * | integer | INT1, INT2, INT4 | number |
 * | decimal | INT8, DEC, CURR, QUAN, DECFLOAT | decimal text, as the system wrote it |
 * | float | FLTP | number |
 * | bytes | RAW, XSTRING | base64 |
 * | structure | structure | object |
 * | table | table | array of its rows; `[]` where it is empty or does not come |
 */
export type RfcType =
  | { readonly kind: "text"; readonly maxLength?: number }
  | { readonly kind: "digits"; readonly length?: number }
  | { readonly kind: "date" }
  | { readonly kind: "time" }
  | { readonly kind: "integer"; readonly minimum: number; readonly maximum: number }
  | { readonly kind: "decimal"; readonly digits?: number; readonly scale?: number; readonly isInt8?: true }
  | { readonly kind: "float" }
  | { readonly kind: "bytes"; readonly maxLength?: number }
  | { readonly kind: "structure"; readonly fields: readonly RfcField[] }
  | { readonly kind: "table"; readonly row: RfcType };

/** A parameter of a function module or a field of a structure. */
export interface RfcField {
  /** In ABAP's form: `/ROP/X`. */
  readonly name: string;
  /** In XML: `_-ROP_-X`. */
  readonly xmlName: string;
  readonly type: RfcType;
  /**
   * strong-soap takes the value for a JavaScript date because its XML type is called so, and would write `2026-11-26Z`.
   * https://github.com/loopbackio/strong-soap/blob/v6.0.1/src/parser/xmlHandler.js (toXmlDateOrTime)
   */
  readonly isTakenForDate: boolean;
}

/** The interface of a function module. */
export interface FunctionInterface {
  /** In ABAP's form. */
  readonly name: string;
  /** IMPORTING (seen from SAP), CHANGING and TABLES. */
  readonly input: readonly RfcField[];
  /** EXPORTING, CHANGING and TABLES. */
  readonly output: readonly RfcField[];
  /** Local name of the element that answers: `BAPI_X.Response`, or `BAPI_XResponse` from SOAMANAGER. */
  readonly responseName: string;
}
