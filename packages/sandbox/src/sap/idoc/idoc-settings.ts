import { applySettings } from "../../shared/settings.js";

/** What can be changed about IDocs while the sandbox runs. */
export interface IdocSettings {
  /** Whether `/sap/bc/idoc_xml` and `/sap/bc/srt/idoc` are active (transaction SICF). Default true. */
  idocServicesActive: boolean;
  /** Whether an IDoc is processed as soon as it is stored; false: when somebody asks for it, as by program RBDAPP01. Default true. */
  processIdocsAtOnce: boolean;
  /** Logical systems with a partner profile, separated by commas. Default ISTHMUS. */
  idocPartners: string;
  /** IDocs of one document that are stored, the rest is lost as in a system that breaks off; 0: all. Default 0. */
  idocsStoredPerDocument: number;
  /** What the application says to every IDoc (status 51), such as that a record is locked; `""`: it posts what is sound. */
  idocPostingError: string;
  /** Where outbound IDocs go: the URL of an HTTP port. `""`: no port, status 02. */
  idocPortUrl: string;
  /** The Authorization header of the port's destination; `""`: none. */
  idocPortAuthorization: string;
  /** The logical system that outbound IDocs are for. Default ISTHMUS. */
  idocReceiver: string;
}

/** The settings at the start. */
export const defaultIdocSettings: Readonly<IdocSettings> = {
  idocServicesActive: true,
  processIdocsAtOnce: true,
  idocPartners: "ISTHMUS",
  idocsStoredPerDocument: 0,
  idocPostingError: "",
  idocPortUrl: "",
  idocPortAuthorization: "",
  idocReceiver: "ISTHMUS",
};

/** Settings of which 0 is a value. */
export const idocSettingsFromZero: readonly string[] = ["idocsStoredPerDocument"];

/** @throws {InvalidSettingError} for an unknown name or a wrong value; nothing is changed then. */
export function changeIdocSettings(settings: IdocSettings, changes: Record<string, unknown>): void {
  applySettings(settings, defaultIdocSettings, changes, idocSettingsFromZero);
}
