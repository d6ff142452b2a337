import { inspect } from "node:util";
import { type AuthenticationMethod, ConnectorService, isConnectorError, type ValidationError } from "@isthmus/core";
import { z } from "zod";
import { writeOnlyValues } from "../evidence/write-only-values.js";
import type { ClauseCheck, ClauseSubject } from "../suite/clause.js";
import type { ClauseId } from "../suite/contract.js";
import { type Session, withSession } from "../suite/session.js";
import { demand, demandCode } from "../violation.js";

const service = new ConnectorService();
/** Stands where a secret would, so that a message that repeats values can be caught at it. */
const marker = "testkit-marker-7f3a9c";

/** Clauses about credentials that a caller got wrong. */
export const credentialsClauses = {
  "credentials.missing": {
    run: (subject, id) =>
      onCredentials(subject, id, async (session, refuse) => {
        const valid = asRecord(session.standIn.settings.credentials);
        const required = publishedSchema(subject).required ?? [];
        if (Object.keys(valid).length > 0) await refuse({}, undefined, "no credentials at all");
        for (const name of required) {
          await refuse(omit(valid, name), name, `credentials without ${name}`);
        }
        for (const { credentials, path, description } of subject.harness.invalidCredentials ?? []) {
          await refuse(credentials, path, description);
        }
      }),
  },

  "credentials.wrong_type": {
    run: (subject, id) =>
      onCredentials(subject, id, async (session, refuse) => {
        const valid = asRecord(session.standIn.settings.credentials);
        for (const name of Object.keys(valid)) {
          await refuse({ ...valid, [name]: { value: marker } }, name, `credentials with an object as ${name}`);
        }
        for (const wrong of [null, marker, [valid]]) await refuse(wrong, undefined, "credentials that are no object");
      }),
  },

  "credentials.unknown_field": {
    run: (subject, id) =>
      onCredentials(subject, id, async (session, refuse) => {
        const unknown = { ...asRecord(session.standIn.settings.credentials), testkitUnknown: marker };
        const error = await refuse(unknown, undefined, "credentials with an unknown field");
        const named = error.issues.some(({ path, message }) => `${path} ${message}`.includes("testkitUnknown"));
        demand(named, "The refusal of an unknown field does not name it.");
      }),
  },

  "credentials.no_echo": {
    run: (subject, id) =>
      withSession(
        subject,
        id,
        async (session) => {
          const valid = asRecord(session.standIn.settings.credentials);
          const candidates: unknown[] = [marker, { ...valid, testkitUnknown: marker }];
          for (const name of Object.keys(valid)) {
            candidates.push({ ...valid, [name]: marker }, { ...valid, [name]: [marker] }, omit(valid, name));
          }
          candidates.push(...(subject.harness.invalidCredentials ?? []).map(({ credentials }) => credentials));
          const scheme = subject.definition.authentication[subject.harness.authenticationMethod];
          const values = [marker, ...(scheme ? writeOnlyValues(scheme.credentials, valid) : [])];
          for (const candidate of candidates) {
            const shown = shownRefusal(subject, session, candidate);
            demand(!values.some((value) => shown.includes(value)), "A refusal of credentials repeats a value.");
          }
        },
        { connected: false },
      ),
  },

  "credentials.write_only": {
    run: (subject, id) =>
      withSession(
        subject,
        id,
        async (session) => {
          const { credentials } = session.standIn.settings;
          const scheme = subject.definition.authentication[subject.harness.authenticationMethod];
          const marked = new Set(scheme ? writeOnlyValues(scheme.credentials, credentials) : []);
          const secrets = new Set((await session.standIn.secrets?.()) ?? []);
          for (const [name, value] of Object.entries(asRecord(credentials))) {
            const isSecret = /secret|password|passphrase|private_?key|refresh_?token|access_?token|api_?key/i.test(
              name,
            );
            if (typeof value !== "string" || !(isSecret || secrets.has(value))) continue;
            demand(
              marked.has(value),
              `The credential ${name} is a secret, but its schema lacks .meta({ writeOnly: true }).`,
            );
          }
        },
        { connected: false },
      ),
  },
} as const satisfies Record<string, ClauseCheck>;

type Refuse = (credentials: unknown, path: string | undefined, what: string) => Promise<ValidationError>;

/** Runs a clause with a function that demands VALIDATION_FAILED, at a path where one is given. */
function onCredentials(
  subject: ClauseSubject,
  id: ClauseId,
  work: (session: Session, refuse: Refuse) => Promise<void>,
): Promise<void> {
  const { definition, harness } = subject;
  const method: AuthenticationMethod = harness.authenticationMethod;
  return withSession(
    subject,
    id,
    (session) =>
      work(session, async (credentials, path, what) => {
        const validate = async () =>
          service.validateCredentials(definition, {
            ...session.standIn.settings,
            authenticationMethod: method,
            credentials,
          });
        const error = demandCode(
          await session.failureOf(validate, `Validation of ${what}`),
          ["VALIDATION_FAILED"],
          what,
        );
        demand(isValidationError(error), `${what}: the error has no issues.`);
        const paths = error.issues.map((issue) => issue.path);
        const isNamed = path === undefined || paths.some((named) => named === path || named.startsWith(`${path}.`));
        demand(isNamed, `${what}: expected an issue at ${path}, found ${paths.join(", ") || "none"}.`);
        return error;
      }),
    { connected: false },
  );
}

/** Everything that the refusal of `credentials` says; nothing when they are not refused. */
function shownRefusal(subject: ClauseSubject, session: Session, credentials: unknown): string {
  const { authenticationMethod } = subject.harness;
  try {
    service.validateCredentials(subject.definition, { ...session.standIn.settings, authenticationMethod, credentials });
    return "";
  } catch (error) {
    session.note(error);
    return `${inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })}${JSON.stringify(error)}`;
  }
}

function isValidationError(error: unknown): error is ValidationError {
  return isConnectorError(error) && "issues" in error && Array.isArray(error.issues) && error.issues.length > 0;
}

function publishedSchema({ definition, harness }: ClauseSubject): z.core.JSONSchema.BaseSchema {
  const scheme = definition.authentication[harness.authenticationMethod];
  return scheme ? z.toJSONSchema(scheme.credentials, { io: "input" }) : {};
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function omit(record: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}
