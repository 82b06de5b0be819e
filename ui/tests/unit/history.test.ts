import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryHistory } from "vue-router";
import { createShellHistory, fromShell, toShell } from "@/shell/history";
import type { Host } from "@/shell/host";

describe("the shell's address", () => {
  it.each([
    ["#/apps/backup-monitor1?page=settings", "/settings"],
    ["#/apps/backup-monitor1?page=reports&id=12&plan=1", "/reports?id=12&plan=1"],
    ["#/apps/backup-monitor1", "/"],
    ["#/apps/backup-monitor2?page=settings", null],
    ["#/software-center", null],
  ])("%s is %s", (hash, location) => {
    expect(fromShell("backup-monitor1", hash)).toBe(location);
  });

  it("comes back as it was", () => {
    for (const location of ["/settings", "/reports?id=12&text=a%26b"]) {
      expect(fromShell("m1", `#${toShell("m1", location)}`)).toBe(location);
    }
  });
});

/** A shell whose router takes its time, as the real one does. */
function fakeShell() {
  const target = new EventTarget();
  const location = { hash: "#/apps/m1?page=status", pathname: "/cluster-admin/" };
  let late: (() => void)[] = [];
  const go = (path: string) => late.push(() => (location.hash = `#${path}`));
  const shell = {
    location,
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
    core: { $router: { push: go, replace: go } },
  };
  return {
    host: { shell, moduleId: "m1", token: () => null } as unknown as Host,
    location,
    settle() {
      for (const step of late) step();
      late = [];
    },
    event: (name: string) => target.dispatchEvent(new Event(name)),
  };
}

describe("the history of the pages", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function begin() {
    const shell = fakeShell();
    const history = createShellHistory(shell.host);
    const came: string[] = [];
    history.listen((to) => came.push(to));
    return { shell, history, came };
  }

  it("has all that the router asks of one", () => {
    const { history } = begin();
    for (const name of Object.keys(createMemoryHistory())) expect(history).toHaveProperty(name);
    history.destroy();
  });

  it("takes a way of its own for no news, however late the shell follows", async () => {
    const { shell, history, came } = begin();
    history.push("/about");
    await vi.advanceTimersByTimeAsync(2_000);
    shell.settle();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(came).toEqual([]);
    expect(history.location).toBe("/about");
    history.destroy();
  });

  it("follows the address without an event", async () => {
    const { shell, history, came } = begin();
    shell.location.hash = "#/apps/m1?page=settings";
    await vi.advanceTimersByTimeAsync(600);
    expect(came).toEqual(["/settings"]);
    history.destroy();
  });

  it("follows the back button at once, also to where it just was", () => {
    const { shell, history, came } = begin();
    history.push("/about");
    shell.settle();
    shell.location.hash = "#/apps/m1?page=status";
    shell.event("popstate");
    expect(came).toEqual(["/status"]);
    history.destroy();
  });

  it("stays where it is while the shell shows something else", async () => {
    const { shell, history, came } = begin();
    shell.location.hash = "#/software-center";
    await vi.advanceTimersByTimeAsync(600);
    expect(came).toEqual([]);
    history.destroy();
  });

  it("knows where the pages are however often somebody goes back while they ask", () => {
    const { shell, history } = begin();
    history.push("/settings");
    history.settle("/settings");
    shell.settle();
    for (const page of ["about", "status"]) {
      shell.location.hash = `#/apps/m1?page=${page}`;
      shell.event("popstate");
    }
    history.go(-1, false);
    shell.settle();
    expect(shell.location.hash).toBe("#/apps/m1?page=settings");
    expect(history.location).toBe("/settings");
    history.destroy();
  });

  it("leads the address to where the pages have come after all", () => {
    const { shell, history, came } = begin();
    shell.location.hash = "#/apps/m1?page=about";
    shell.event("popstate");
    history.go(-1, false);
    shell.settle();
    history.settle("/about");
    shell.settle();
    expect(shell.location.hash).toBe("#/apps/m1?page=about");
    expect(history.location).toBe("/about");
    expect(came).toEqual(["/about"]);
    history.destroy();
  });

  it("puts the address back when a page is not left", () => {
    const { shell, history } = begin();
    shell.location.hash = "#/apps/m1?page=about";
    shell.event("popstate");
    history.go(-1, false);
    shell.settle();
    expect(shell.location.hash).toBe("#/apps/m1?page=status");
    expect(history.location).toBe("/status");
    history.destroy();
  });

  it("gives links that open the whole cluster-admin", () => {
    const { history } = begin();
    expect(history.createHref("/reports?id=3")).toBe("/cluster-admin/#/apps/m1?page=reports&id=3");
    history.destroy();
  });

  it("listens no more when it is over", async () => {
    const { shell, history, came } = begin();
    history.destroy();
    shell.location.hash = "#/apps/m1?page=settings";
    shell.event("hashchange");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(came).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
