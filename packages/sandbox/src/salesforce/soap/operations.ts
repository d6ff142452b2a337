import { childText, findChild, type XmlElement } from "../../shared/xml/read-xml.js";
import { element, escapeXml } from "../../shared/xml/write-xml.js";
import { organizationId } from "../ids.js";
import { organization } from "../schema/organization.js";
import { findField, readField } from "../schema/schema.js";
import { user } from "../schema/service-objects.js";
import type { SalesforceState } from "../state.js";
import { undelete } from "./undelete.js";

/** A call whose session is good. */
export interface SoapCall {
  state: SalesforceState;
  userId: string;
  header: XmlElement | undefined;
  operation: XmlElement;
}

/** The calls by name; each gives the content of the body. */
export const soapOperations: Readonly<Record<string, (call: SoapCall) => string>> = {
  undelete: (call) => {
    const ids = call.operation.children.filter(({ name }) => name === "ids").map(({ text }) => text.trim());
    const allOrNone = childText(findChild(call.header, "AllOrNoneHeader"), "allOrNone").trim() === "true";
    return element("undeleteResponse", undelete(call.state, ids, call.userId, allOrNone));
  },
  getServerTimestamp: ({ state }) => {
    const timestamp = element("timestamp", new Date(state.clock()).toISOString());
    return element("getServerTimestampResponse", element("result", timestamp));
  },
  getUserInfo: (call) => element("getUserInfoResponse", element("result", describeUser(call))),
};

function describeUser({ state, userId }: SoapCall): string {
  const row = state.store.get(user, userId) ?? {};
  const nameField = findField(user, "Name");
  const parts: Record<string, unknown> = {
    accessibilityMode: false,
    chatterExternal: false,
    currencySymbol: "€",
    orgAttachmentFileSizeLimit: 26_214_400,
    orgDefaultCurrencyIsoCode: "EUR",
    orgDefaultCurrencyLocale: "de_DE_EURO",
    orgDisallowHtmlAttachments: false,
    orgHasPersonAccounts: false,
    organizationId,
    organizationMultiCurrency: false,
    organizationName: state.store.get(organization, organizationId)?.Name,
    profileId: "00egL000000AdminAAA",
    roleId: null,
    sessionSecondsValid: Math.floor(state.settings.accessTokenLifetimeMs / 1000),
    userDefaultCurrencyIsoCode: null,
    userEmail: row.Email,
    userFullName: nameField === undefined ? null : readField(row, nameField),
    userId,
    userLanguage: row.LanguageLocaleKey,
    userLocale: row.LocaleSidKey,
    userName: row.Username,
    userTimeZone: row.TimeZoneSidKey,
    userType: row.UserType,
    userUiSkin: "Theme3",
  };
  return Object.entries(parts)
    .map(([name, value]) =>
      value === null || value === undefined
        ? element(name, "", { "xsi:nil": "true" })
        : element(name, escapeXml(String(value))),
    )
    .join("");
}
