import type { ODataFailure as Failure, MessageSeverity, ODataMessage } from "../failure.js";
import { ODataFailure } from "../failure.js";

/** A message of the T100 table: its text in the two languages, with places `&1` to `&4`. */
const texts: Readonly<Record<string, readonly [english: string, german: string]>> = {
  "V1/384": [
    "Sold-to party &1 not maintained for sales area &2 &3 &4",
    "Auftraggeber &1 ist für den Vertriebsbereich &2 &3 &4 nicht vorgesehen",
  ],
  "V1/302": [
    "Material &1 is not defined for sales org.&2, distr.chan.&3",
    "Material &1 ist in VkOrg &2, Vertriebsweg &3 nicht definiert",
  ],
  "V1/104": ["Customer &1 is blocked for orders", "Kunde &1 ist für Aufträge gesperrt"],
  "V1/313": ["Sales document type &1 is not defined", "Verkaufsbelegart &1 ist nicht vorgesehen"],
  "V1/555": [
    "The sales document is not yet complete: Edit data (&1)",
    "Der Verkaufsbeleg ist noch nicht komplett: Daten bearbeiten (&1)",
  ],
  "V1/360": ["Net value of item &1 is zero", "Nettowert der Position &1 ist null"],
  "V1/331": ["Document item &1 already exists", "Belegposition &1 existiert bereits"],
  "V1/425": ["Enter a valid quantity (item &1)", "Geben Sie eine gültige Menge ein (Position &1)"],
  "SD_APM/012": ["Sales document &1 is not in approval", "Verkaufsbeleg &1 befindet sich nicht in Genehmigung"],
  "R1/203": ["Enter a valid business partner category", "Geben Sie einen gültigen Geschäftspartnertyp ein"],
  "R1/204": ["Enter a name for the business partner", "Geben Sie einen Namen für den Geschäftspartner ein"],
  "R1/111": ["Business partner &1 already exists", "Geschäftspartner &1 existiert bereits"],
  "R1/006": ["Business partner &1 does not exist", "Geschäftspartner &1 existiert nicht"],
  "R1/330": ["Enter a country/region in the address", "Geben Sie in der Adresse ein Land/eine Region an"],
};

/** Who writes, and what the caller is told besides. */
export interface WriteTongue {
  language: "E" | "D";
}

/** A message of the application in the caller's language. */
export function messageOf(
  { language }: WriteTongue,
  code: string,
  severity: MessageSeverity,
  values: readonly string[] = [],
  target = "",
): ODataMessage {
  const [english = code, german = code] = texts[code] ?? [];
  const text = language === "D" ? german : english;
  const message = text.replaceAll(/&(\d)/g, (_, digit) => values[Number(digit) - 1] ?? "");
  return { code, message, severity, target };
}

/** The refusal of the application for one reason. */
export function refusal(tongue: WriteTongue, code: string, values: readonly string[] = [], target = ""): Failure {
  return refuseFor([messageOf(tongue, code, "error", values, target)]);
}

/** The refusal of the application for all its reasons: the first is the error, all are its details. */
export function refuseFor(messages: readonly ODataMessage[]): Failure {
  const [first] = messages;
  return new ODataFailure(400, first?.code ?? "SY/530", first?.message ?? "The request was refused", messages);
}
