import { vi } from "vitest";
import { setHost, type Host, type ShellListener } from "@/shell/host";

export interface Sent {
  url: string;
  body: { action: string; data?: unknown; extra: { eventId: string; isProgressNotified: boolean } };
}

/** A page around that a test holds in its hands: its events, its answers, its address. */
export class FakeShell {
  readonly sent: Sent[] = [];
  readonly asked: string[] = [];
  private readonly listeners = new Map<string, Set<ShellListener>>();
  /** What the next posts are answered with; 201 when the list is empty. */
  refusals: { status: number; headers?: Record<string, string>; message?: string }[] = [];
  /** What the state of the task is, when it is looked up; undefined while it runs. */
  result: unknown = undefined;
  unreachable = false;
  statusCode: number | null = null;
  token: string | null = "a.b.c";

  readonly life = new AbortController();

  readonly host: Host = {
    life: this.life.signal,
    moduleId: "backup-monitor1",
    token: () => this.token,
    shell: {
      core: {
        $root: {
          apiUrl: "/api",
          $on: (event: string, listener: ShellListener) => {
            const all = this.listeners.get(event) ?? new Set();
            this.listeners.set(event, all.add(listener));
          },
          $off: (event: string, listener: ShellListener) => {
            this.listeners.get(event)?.delete(listener);
          },
          $emit: (event: string, ...values: unknown[]) => {
            for (const listener of this.listeners.get(event) ?? []) listener(...values);
          },
        },
        $router: { push: () => undefined, replace: () => undefined },
      },
      document: { title: "" },
    } as unknown as Host["shell"],
  };

  constructor() {
    setHost(this.host);
    vi.stubGlobal("fetch", (url: string, init?: RequestInit) => this.fetch(url, init));
  }

  private async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    if (this.unreachable) throw new TypeError("Failed to fetch");
    const answer = (status: number, body: object, headers = {}) =>
      new Response(JSON.stringify(body), { status, headers });
    if (init.method === "POST") {
      this.sent.push({ url, body: JSON.parse(String(init.body)) as Sent["body"] });
      const refused = this.refusals.shift();
      if (refused)
        return answer(refused.status, { message: refused.message ?? "" }, refused.headers);
      return answer(201, { code: 201, data: { id: "task-1" } });
    }
    this.asked.push(url);
    if (this.statusCode !== null) return answer(this.statusCode, {});
    if (this.result === undefined) return answer(400, { message: "redis: nil" });
    return answer(200, { code: 200, data: this.result });
  }

  /** Lets an event of the task that was sent last come in. */
  emit(what: string, ...values: unknown[]): void {
    const last = this.sent.at(-1)!.body;
    this.host.shell.core.$root.$emit(`${last.action}-${what}-${last.extra.eventId}`, ...values);
  }

  /** How many listeners there are. */
  get waiting(): number {
    return [...this.listeners.values()].reduce((sum, all) => sum + all.size, 0);
  }

  remove(): void {
    setHost(null);
    vi.unstubAllGlobals();
  }
}
