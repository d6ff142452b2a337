import type { SapState } from "../state.js";
import { fromAbapUnit, otherFields, toAbapUnit } from "./abap-values.js";

type Row = Readonly<Record<string, string>>;

const known = ["MATNR", "MTART", "MEINS", "MAKTX", "NETPR", "WAERS"];

/** MARA with the English text and the price. */
export function listMaterials(state: SapState): Row[] {
  return state.materials.list().map(({ Material, MaterialType, BaseUnit, texts, netPrice, fields }) => ({
    ...fields,
    MATNR: Material,
    MTART: MaterialType,
    MEINS: toAbapUnit(BaseUnit),
    MAKTX: texts.EN ?? "",
    NETPR: netPrice,
    WAERS: "EUR",
  }));
}

/** Changes a material, or makes one. */
export function saveMaterial(state: SapState, row: Row): void {
  const number = row.MATNR ?? "";
  const previous = state.materials.read(number);
  const material = {
    Material: number,
    MaterialType: row.MTART ?? previous?.MaterialType ?? "HAWA",
    BaseUnit: row.MEINS === undefined ? (previous?.BaseUnit ?? "PC") : fromAbapUnit(row.MEINS),
    texts: { ...previous?.texts, ...(row.MAKTX !== undefined && { EN: row.MAKTX }) },
    netPrice: row.NETPR ?? previous?.netPrice ?? "0.00",
    fields: { ...previous?.fields, ...otherFields(row, known) },
  };
  if (previous === undefined) state.materials.create(material);
  else state.materials.change(number, material);
}
