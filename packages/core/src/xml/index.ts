export { escapeXml, findForbiddenCharacter } from "./escape-xml.js";
