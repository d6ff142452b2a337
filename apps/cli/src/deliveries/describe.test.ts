import { describe, expect, it } from "vitest";
import { describeDeadLetter, describeDelivery, describeSink, describeWebhook } from "./describe.js";

const happenedAt = "2026-01-01T00:00:00.000Z";

describe("what did not arrive, in one line", () => {
  it("names a webhook with what is wrong with it", () => {
    const health = { failingSince: null, pending: 2, dead: 1 };
    const webhook = { id: "w1", url: "https://a.example", active: true, health };
    expect(describeWebhook(webhook)).toBe("w1 https://a.example: 2 pending, 1 dead");
    const failing = { ...webhook, health: { ...health, failingSince: happenedAt } };
    expect(describeWebhook(failing)).toBe(`w1 https://a.example: 2 pending, 1 dead, fails since ${happenedAt}`);
    expect(describeWebhook({ ...failing, active: false })).toMatch(/1 dead, switched off$/);
  });

  it("says of a delivery what was answered, or why nothing was", () => {
    const delivery = { id: "d1", type: "record.updated", attempts: 2, happenedAt };
    const answered = { ...delivery, lastAttempt: { answerStatus: 500, failureCode: null } };
    expect(describeDelivery(answered)).toBe(`d1 record.updated of ${happenedAt}: 2 tries, answered 500`);
    const away = { ...delivery, attempts: 1, lastAttempt: { answerStatus: null, failureCode: "CONNECTION_FAILED" } };
    expect(describeDelivery(away)).toMatch(/: 1 try, CONNECTION_FAILED$/);
    expect(describeDelivery({ ...delivery, attempts: 0, lastAttempt: null })).toMatch(/: 0 tries, never tried$/);
  });

  it("tells how much waits for a sink, since when, and whose event it refused", () => {
    const sink = { name: "@acme/sink", active: true, pending: 0, oldestAt: null, dead: 0 };
    expect(describeSink(sink)).toBe("@acme/sink: 0 pending, 0 dead");
    expect(describeSink({ ...sink, active: false, pending: 3, oldestAt: happenedAt, dead: 1 })).toBe(
      `@acme/sink: 3 pending since ${happenedAt}, 1 dead, not in ISTHMUS_SINKS`,
    );
    const letter = { eventId: "e1", tenantId: "t1", type: "record.created", attempts: 1, failureCode: "TOO_LARGE" };
    expect(describeDeadLetter({ ...letter, happenedAt })).toBe(
      `e1 record.created of ${happenedAt}, tenant t1: 1 try, TOO_LARGE`,
    );
  });
});
