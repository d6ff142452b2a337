import { ConnectorError } from "@isthmus/core";
import { beforeEach, describe, expect, it } from "vitest";
import { LogonGate } from "./logon-gate.js";

describe("LogonGate", () => {
  let gate: LogonGate;
  let sent: number;
  const send = (status: number, answered: Promise<unknown> = Promise.resolve()) =>
    gate.pass(async () => {
      sent += 1;
      await answered;
      return { status };
    });
  beforeEach(() => {
    gate = new LogonGate();
    sent = 0;
  });

  it("tries a wrong password once, however many ask at once and afterwards", async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => send(401)));
    expect(sent).toBe(1);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(send(200)).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED", retryable: false });
    expect(sent).toBe(1);
  });

  it("lets all through at once after the first answer that is no refusal", async () => {
    await Promise.all(Array.from({ length: 20 }, (_, at) => send(at === 0 ? 404 : 200)));
    expect(sent).toBe(20);
  });

  it("shuts again when a logon that worked is refused", async () => {
    await send(200);
    expect(await send(401)).toEqual({ status: 401 });
    await expect(send(200)).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
  });

  it("tries once more when a person asks", async () => {
    await send(401);
    gate.allowOneTry();
    expect(await send(200)).toEqual({ status: 200 });
    expect(await send(200)).toEqual({ status: 200 });
    gate.allowOneTry();
    expect(await send(200)).toEqual({ status: 200 });
  });

  it("tells those who wait that the system cannot be reached, and takes that for no refusal", async () => {
    const away = () => gate.pass(() => Promise.reject(new ConnectorError("CONNECTION_FAILED", "Away.")));
    for (const outcome of await Promise.allSettled([away(), send(200), send(200)])) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "CONNECTION_FAILED" } });
    }
    expect(await send(200)).toEqual({ status: 200 });
  });

  it("lets the next one try when the first gave up", async () => {
    const first = gate.pass(() => Promise.reject(new ConnectorError("CANCELLED", "Gave up.")));
    const second = send(200);
    await expect(first).rejects.toMatchObject({ code: "CANCELLED" });
    expect(await second).toEqual({ status: 200 });
  });
});
