import { randomBytes } from "node:crypto";
import { createServer as createTlsServer } from "node:https";
import type { Clock, RandomBytes } from "../shared/clock.js";
import { addControlRoutes } from "../shared/control-routes.js";
import type { Fault, FaultRule } from "../shared/faults.js";
import { renderPage } from "../shared/html.js";
import type { LoggedRequest, RequestFilter } from "../shared/request-log.js";
import { closeSandboxServer, createSandboxServer } from "../shared/sandbox-server.js";
import { type AbapServices, addAbapServices } from "./abap-services.js";
import { AccessTokens } from "./logon/access-tokens.js";
import { CertificateRules, cutUntrusted, type TlsOptions } from "./logon/certificates.js";
import { addLogon } from "./logon/logon-hook.js";
import { addXsuaaRoutes, type OAuthClient } from "./logon/oauth-routes.js";
import { addSamlTokenRoutes, type SamlTrust } from "./logon/saml/token-routes.js";
import { Sessions } from "./logon/sessions.js";
import { type SapUser, Users } from "./logon/users.js";
import { addODataRoutes } from "./odata/odata-routes.js";
import { seedPartners, seedRecords } from "./seed/seed-records.js";
import { changeSettings, defaultSettings, isSettingName, type SapSettings } from "./settings.js";
import { clearSapState, createSapState, type SapState } from "./state.js";

/** How to start an SAP sandbox; every part may be left out. */
export interface SapSandboxOptions extends Partial<SapSettings> {
  /** Default 0: any free port. */
  port?: number;
  /** Default 127.0.0.1, so that only this machine can reach it. */
  host?: string;
  /** The time, in milliseconds since 1970. Default: the machine's. */
  clock?: Clock;
  /** Source of tokens and session ids. Default: the machine's. */
  random?: RandomBytes;
  /** Who may log on. Default: ISTHMUS with a fixed password, and LOCKED, who may not. */
  users?: readonly SapUser[];
  /** Of the first user. Default: the one in `users`. */
  password?: string;
  /** The client of XSUAA's token endpoint. Default: a fixed id and secret; its tokens stand for the first user. */
  client?: Partial<OAuthClient>;
  /** The identity provider whose assertions `/sap/bc/sec/oauth2/token` takes. Default: none. */
  saml?: SamlTrust;
  /** Serves HTTPS, and takes client certificates. Default: plain HTTP. */
  tls?: TlsOptions;
  /** What the records are made from; the same number gives the same records. 0 makes none. Default 1. */
  seed?: number;
  /** Business partners that it has besides, told apart by their numbers, for tries with many records. Default 0. */
  businessPartners?: number;
}

/** A running SAP sandbox. */
export interface SapSandbox extends AbapServices {
  /** Base URL of everything. */
  url: string;
  /** The port it listens at, also when 0 was asked for. */
  port: number;
  /** System id and client, such as `S4H` and `100`. */
  system: { id: string; client: string };
  /** The first user, with the password. */
  user: { name: string; password: string };
  /** The client of the token endpoint `/oauth/token`. */
  client: { id: string; secret: string };
  /** The records, to look at or to change behind the services' back. */
  state: SapState;
  /** Stops it: requests that are being answered get three seconds to finish. */
  close(): Promise<void>;
  /** Back to the first day: records, sessions, tokens, locks, faults, request log, settings. */
  reset(): void;
  /** Changes settings while running. */
  configure(changes: Partial<SapSettings>): void;
  /** @throws {InvalidFaultError} for a rule that cannot be played. */
  addFault(rule: FaultRule): Fault;
  /** The faults that still wait. */
  faults(): Fault[];
  /** Takes all waiting faults back. */
  clearFaults(): void;
  /** What it was asked, oldest first. */
  requests(filter?: RequestFilter): LoggedRequest[];
  /** Empties the request log; the next entry is number 1 again. */
  clearRequests(): void;
  /** Ends every security session, and their CSRF tokens with them. @returns how many there were. */
  endSessions(): number;
  /** Lets every access token run out. @returns how many there were. */
  expireAccessTokens(): number;
  /** Whether too many wrong passwords or an administrator have locked a user. */
  isLocked(user: string): boolean;
  /** Takes the lock of wrong passwords away. @returns whether there was one. */
  unlock(user: string): boolean;
}

const defaultUsers: readonly SapUser[] = [
  { name: "ISTHMUS", password: "Sandbox-Password-1" },
  { name: "LOCKED", password: "Sandbox-Password-2", locked: true },
];

const defaultClient = {
  id: "sb-isthmus-sandbox!b12345|xsuaa_std!b67890",
  secret: "sandboxXsuaaSecret$NotSecret=",
};

/** Bytes of a request body: IDocs and batches may be long. */
const bodyLimit = 20 * 1024 * 1024;

/**
 * Starts a local S/4HANA: logon by password, certificate and token, CSRF tokens, OData v2 and v4, and faults on demand.
 *
 * Everything is in memory and bounded. Not for production: its passwords are public.
 *
 * @throws {Error} when the port is taken, or an option is wrong.
 */
export async function startSapSandbox(options: SapSandboxOptions = {}): Promise<SapSandbox> {
  const clock = options.clock ?? Date.now;
  const random = options.random ?? randomBytes;
  const { tls } = options;
  const server = await createSandboxServer({
    clock,
    bodyLimit,
    rateLimitAnswer: { status: 429, body: "Too Many Requests" },
    ...(tls !== undefined && {
      createServer: (handler) => {
        const { key, cert, ca } = tls;
        // Not `rejectUnauthorized`: a caller without a certificate may still have a password.
        const secure = createTlsServer(
          { key, cert, ca: ca ?? [], requestCert: true, rejectUnauthorized: false },
          handler,
        );
        return secure.on("secureConnection", cutUntrusted);
      },
    }),
  });
  const settings = readSettings(options);
  const { businessPartners = 0 } = options;
  const state = createSapState({ clock, random, settings, closing: server.closing }, businessPartners);
  const [named, ...others] = options.users ?? defaultUsers;
  if (named === undefined) throw new Error("An SAP sandbox needs at least one user.");
  const first = { ...named, ...(options.password !== undefined && { password: options.password }) };
  const users = new Users([first, ...others]);
  const sessions = new Sessions({ clock, random, settings });
  const tokens = new AccessTokens({ clock, random, settings });
  const client: OAuthClient = { ...defaultClient, user: first.name, ...options.client };
  const initialSettings = { ...settings };
  const { seed = 1 } = options;
  const seedState = (): void => {
    if (seed !== 0) seedRecords(state, seed);
    seedPartners(state, businessPartners);
  };
  seedState();

  const controls = {
    vendor: "sap",
    settings: () => ({ ...settings }),
    changeSettings: (changes: Record<string, unknown>) => changeSettings(settings, changes),
    reset: () => {
      Object.assign(settings, initialSettings);
      clearSapState(state);
      users.clear();
      sessions.endAll();
      tokens.expireAll();
      server.faults.clear();
      server.log.clear();
      seedState();
    },
    expireAccessTokens: () => tokens.expireAll(),
    revokeGrants: () => sessions.endAll() + tokens.expireAll(),
  };
  addControlRoutes(server, controls);
  // A node that is not there, or not active in SICF.
  server.app.setNotFoundHandler((_request, reply) =>
    reply
      .code(404)
      .type("text/html; charset=utf-8")
      .send(renderPage("404 Not Found", "<p>Service cannot be reached</p>")),
  );
  const logonParts = { state, users, sessions, tokens, certificates: new CertificateRules(tls?.certificates) };
  addLogon(server.app, logonParts);
  addSamlTokenRoutes(server.app, options.saml, logonParts);
  addXsuaaRoutes(server.app, client, tokens, state);
  await addODataRoutes(server.app, state, sessions);
  let url = "";
  const abap = addAbapServices(server, state, () => url);
  const address = await server.app.listen({ host: options.host ?? "127.0.0.1", port: options.port ?? 0 });
  const port = Number(new URL(address).port);
  url = tls === undefined ? address : address.replace(/^http:/, "https:");
  return {
    ...abap,
    url,
    port,
    system: { id: state.system.id, client: state.system.client },
    user: { name: first.name, password: first.password ?? "" },
    client: { id: client.id, secret: client.secret },
    state,
    close: () => closeSandboxServer(server),
    reset: controls.reset,
    configure: (changes) => changeSettings(settings, { ...changes }),
    addFault: (rule) => server.faults.add(rule),
    faults: () => server.faults.list(),
    clearFaults: () => server.faults.clear(),
    requests: (filter) => server.log.list(filter),
    clearRequests: () => server.log.clear(),
    endSessions: () => sessions.endAll(),
    expireAccessTokens: controls.expireAccessTokens,
    isLocked: (user) => users.isLocked(user),
    unlock: (user) => users.unlock(user),
  };
}

function readSettings(options: SapSandboxOptions): SapSettings {
  const settings = { ...defaultSettings };
  const names = Object.keys(defaultSettings).filter(isSettingName);
  changeSettings(settings, Object.fromEntries(names.map((name) => [name, options[name]])));
  return settings;
}
