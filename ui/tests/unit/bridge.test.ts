import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mayBeDone, runAction, runClusterAction, type ActionError } from "@/shell";
import { FakeShell } from "./fake-shell";

let shell: FakeShell;
beforeEach(() => {
  vi.useFakeTimers();
  shell = new FakeShell();
});
afterEach(() => {
  shell.remove();
  vi.useRealTimers();
});

/** Begins an action; `end` is what came of it. */
function begin(options = {}) {
  const end = runAction("get-overview", {}, options).then(
    (output) => ({ output, error: null }),
    (error: ActionError) => ({ output: null, error }),
  );
  return end;
}

async function posted(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

afterEach(() => {
  // Whatever happened in a test: nothing of it stays.
  expect(shell.waiting).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

describe("an action that ends well", () => {
  it("gives the output of the event", async () => {
    const end = begin();
    await posted();
    shell.emit("completed", { id: "task-1" }, { exit_code: 0, output: { format: "x" } });
    expect(await end).toEqual({ output: { format: "x" }, error: null });
  });

  it("is asked of this instance, with the login of whoever is there", async () => {
    const end = begin();
    await posted();
    expect(shell.sent[0]!.url).toBe("/api/module/backup-monitor1/tasks");
    expect(shell.sent[0]!.body).toMatchObject({
      action: "get-overview",
      data: {},
      extra: { isNotificationHidden: true, isProgressNotified: false },
    });
    shell.emit("completed", {}, { output: {} });
    await end;
  });

  it("may be one of the cluster", async () => {
    const end = runClusterAction("list-backups", null);
    await posted();
    expect(shell.sent[0]!.url).toBe("/api/cluster/tasks");
    shell.emit("completed", {}, { output: { backups: [] } });
    expect(await end).toEqual({ backups: [] });
  });

  it("tells how far it is", async () => {
    const seen: number[] = [];
    const end = begin({ onProgress: (percent: number) => seen.push(percent) });
    await posted();
    shell.emit("progress", 20, {});
    shell.emit("progress", 80, {});
    shell.emit("completed", {}, { output: {} });
    await end;
    expect(seen).toEqual([20, 80]);
    expect(shell.sent[0]!.body.extra.isProgressNotified).toBe(true);
  });

  it("counts when its event comes before the server answered", async () => {
    const end = begin();
    // The post is on its way: the listeners are already there.
    shell.emit("completed", {}, { output: { early: true } });
    expect((await end).output).toEqual({ early: true });
  });
});

describe("an action that fails", () => {
  it("is aborted, with its own words", async () => {
    const end = begin();
    await posted();
    shell.emit("aborted", { exit_code: 1, error: "it broke\n", output: "" }, {});
    expect((await end).error).toMatchObject({ kind: "aborted", detail: "it broke", exitCode: 1 });
  });

  it("is told by a code where it gives one", async () => {
    const end = begin();
    await posted();
    const told = { parameter: "", field: "", error: "service_not_running", message: "down" };
    shell.emit("aborted", { exit_code: 1, error: "<3>down", output: [told] }, {});
    const mistakes = [{ field: "(root)", error: "service_not_running", message: "down" }];
    expect((await end).error).toMatchObject({ mistakes });
  });

  it("tells what is wrong with the input", async () => {
    const end = begin();
    await posted();
    const list = [
      {
        parameter: "mail",
        field: "mail.to.0",
        error: "not_an_address",
        value: "x",
        message: "no @",
      },
    ];
    shell.emit("validation-failed", list, {});
    expect((await end).error).toMatchObject({ kind: "validation", mistakes: list });
  });

  it("names the whole where a mistake is of no field", async () => {
    const end = begin();
    await posted();
    shell.emit("validation-failed", [{ parameter: "", field: "", error: "not_configured" }], {});
    expect((await end).error).toMatchObject({
      mistakes: [{ field: "(root)", error: "not_configured" }],
    });
  });

  it("stays a refusal when the list of mistakes is none", async () => {
    const end = begin();
    await posted();
    shell.emit("validation-failed", "garbage", {});
    expect((await end).error).toMatchObject({
      kind: "validation",
      mistakes: [{ field: "(root)" }],
    });
  });

  it.each([401, 403, 404, 400, 500])(
    "is refused by the server with %d, and not asked again",
    async (status) => {
      shell.refusals = [{ status, message: "no" }];
      expect((await begin()).error).toMatchObject({ kind: "http", status, detail: "no" });
      expect(shell.sent).toHaveLength(1);
    },
  );

  it("is not reached at all", async () => {
    shell.unreachable = true;
    expect((await begin()).error).toMatchObject({ kind: "http", status: 0 });
  });
});

describe("whether what was asked for may be done all the same", () => {
  const asked = async (options = {}) => mayBeDone((await begin(options)).error!);

  it.each([401, 403, 404])("is not so where it was refused with %d", async (status) => {
    shell.refusals = [{ status }];
    expect(await asked()).toBe(false);
  });

  it("is so where the answer of the server was lost", async () => {
    shell.refusals = [{ status: 502 }];
    expect(await asked()).toBe(true);
    shell.unreachable = true;
    expect(await asked()).toBe(true);
  });

  it("is so where the login ended after it was asked", async () => {
    const end = asked();
    shell.statusCode = 401;
    await vi.advanceTimersByTimeAsync(4_100);
    expect(await end).toBe(true);
  });

  it("is so where it failed in the middle, and says why", async () => {
    const end = asked();
    await posted();
    const told = { parameter: "", field: "", error: "service_not_started", message: "down" };
    shell.emit("aborted", { exit_code: 1, error: "", output: [told] }, {});
    expect(await end).toBe(true);
  });

  it("is so where nobody knows how it ended, and not where it was refused", async () => {
    const late = asked({ limitSeconds: 1 });
    await vi.advanceTimersByTimeAsync(1_100);
    expect(await late).toBe(true);
    const refused = asked();
    await posted();
    shell.emit("validation-failed", [{ field: "mail.to", error: "missing" }], {});
    expect(await refused).toBe(false);
  });
});

describe("an answer that is none", () => {
  it.each([null, undefined, "", "text", 7, [{}]])("is an error: %j", async (output) => {
    const end = begin();
    await posted();
    shell.emit("completed", {}, { exit_code: 0, output });
    expect((await end).error).toMatchObject({ kind: "bad_answer" });
  });

  it("is one in the stored state too", async () => {
    const end = begin();
    shell.result = { exit_code: 0, error: "", output: [] };
    await vi.advanceTimersByTimeAsync(4_100);
    expect((await end).error).toMatchObject({ kind: "bad_answer" });
  });
});

describe("a server that has too much to do", () => {
  it("is asked again after the time it wishes", async () => {
    shell.refusals = [{ status: 429, headers: { "Retry-After": "3" } }];
    const end = begin();
    await vi.advanceTimersByTimeAsync(2_900);
    expect(shell.sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(shell.sent).toHaveLength(2);
    shell.emit("completed", {}, { output: { at: "last" } });
    expect((await end).output).toEqual({ at: "last" });
  });

  it("is given up after some tries", async () => {
    shell.refusals = Array.from({ length: 9 }, () => ({ status: 429 }));
    const end = begin();
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await end).error).toMatchObject({ kind: "http", status: 429 });
    expect(shell.sent).toHaveLength(4);
  });
});

describe("when no event comes", () => {
  it("the state of the task is looked up", async () => {
    const end = begin();
    shell.result = { exit_code: 0, error: "", output: { found: true } };
    await vi.advanceTimersByTimeAsync(4_100);
    expect((await end).output).toEqual({ found: true });
    expect(shell.asked).toEqual(["/api/module/backup-monitor1/task/task-1/status"]);
  });

  it("it is looked up again and again while it runs", async () => {
    const end = begin();
    await vi.advanceTimersByTimeAsync(30_000);
    const looked = shell.asked.length;
    expect(looked).toBeGreaterThan(2);
    expect(looked).toBeLessThan(8);
    shell.result = { exit_code: 1, error: "late", output: "" };
    await vi.advanceTimersByTimeAsync(20_000);
    expect((await end).error).toMatchObject({ kind: "aborted", detail: "late" });
  });

  it("a refusal is found in the state too", async () => {
    const end = begin();
    shell.result = { exit_code: 2, error: "", output: [{ field: "mail.to", error: "missing" }] };
    await vi.advanceTimersByTimeAsync(4_100);
    expect((await end).error).toMatchObject({
      kind: "validation",
      mistakes: [{ field: "mail.to" }],
    });
  });

  it("nothing is looked up while progress comes", async () => {
    const end = begin({ onProgress: () => undefined });
    for (let i = 0; i < 6; i += 1) {
      await vi.advanceTimersByTimeAsync(3_000);
      shell.emit("progress", i, {});
    }
    expect(shell.asked).toEqual([]);
    shell.emit("completed", {}, { output: {} });
    await end;
  });

  it.each([401, 403])("a login that is served no more is told (%d)", async (status) => {
    const end = begin();
    shell.statusCode = status;
    await vi.advanceTimersByTimeAsync(4_100);
    expect((await end).error).toMatchObject({ kind: "http", status });
  });

  it("and the task never ends, the limit does", async () => {
    const end = begin({ limitSeconds: 60 });
    await vi.advanceTimersByTimeAsync(61_000);
    expect((await end).error).toMatchObject({ kind: "timeout", seconds: 60 });
  });
});

describe("an answer nobody waits for any more", () => {
  it("ends at once", async () => {
    const stop = new AbortController();
    const end = begin({ signal: stop.signal });
    await posted();
    stop.abort();
    expect((await end).error).toMatchObject({ kind: "cancelled" });
  });

  it("ends with the pages too", async () => {
    const end = begin();
    await posted();
    shell.life.abort();
    expect((await end).error).toMatchObject({ kind: "cancelled" });
    expect((await begin()).error).toMatchObject({ kind: "cancelled" });
    expect(shell.sent).toHaveLength(1);
  });

  it("is not even asked for", async () => {
    const stop = new AbortController();
    stop.abort();
    expect((await begin({ signal: stop.signal })).error).toMatchObject({ kind: "cancelled" });
    expect(shell.sent).toEqual([]);
  });
});
