export { escapeXml, findForbiddenCharacter } from "./escape-xml.js";
export { childrenOf, findChild, readXml, type XmlElement, type XmlLimits } from "./read-xml.js";
