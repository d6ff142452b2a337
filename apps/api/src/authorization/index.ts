export { assertAllowed } from "./assert-allowed.js";
export { isAllowed, type Permission, roleNames, rolesFor } from "./permissions.js";
export type { Caller, Principal } from "./principal.js";
