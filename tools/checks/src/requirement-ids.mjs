// @ts-check
/** Every id of what was asked for. A fixed list, so that a row that goes missing in the table is noticed. */
export const requirementIds = [
  ...numbered("FR-IC", 2),
  ...numbered("SR-IC", 2),
  ...numbered("ARCH-IC", 1),
  ...numbered("SEC", 2),
  ...numbered("CON", 2),
  ...numbered("GUD", 3),
  ...numbered("PAT", 3),
  ...numbered("TASK", 15),
  ...numbered("TEST", 10),
  ...numbered("RISK", 3),
  ...numbered("KIV", 6),
  "ALT-003",
];

/** @param {string} prefix @param {number} count */
function numbered(prefix, count) {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(3, "0")}`);
}
