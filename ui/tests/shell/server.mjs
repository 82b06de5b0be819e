// A stand-in for NS8's api-server and for the page around the module's pages.
//
//   /cluster-admin/                      the page around (shell.html)
//   /cluster-admin/css/core.css          the stylesheet that the pages link to
//   /cluster-admin/apps/<module id>/*    the built pages
//   /cluster-admin/api/*, .../ws         tasks, and the events of their progress
//
// What a task does says a table of handlers, "module/get-name": (input) => answer.
// An answer is {output}, {abort: "text"}, {validation: [...]}, {http: 403}, {never: true}
// (nothing comes, ever), {silent: true, output} (it ends, and no event tells);
// with `steps` and `delay` it takes its time.
import http from "node:http";
import fs from "node:fs";
import path from "node:path";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { coreCss } from "./core-css.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const MIME = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
};

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token of the right shape; its signature is nobody's. */
export function makeToken(user = "admin") {
  const now = Math.floor(Date.now() / 1000);
  const claims = { id: user, role: "owner", actions: [], exp: now + 86_400, orig_iat: now };
  return [encoded({ alg: "HS256", typ: "JWT" }), encoded(claims), "c3R1Yg"].join(".");
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Tasks {
  constructor(handlers, checks) {
    this.handlers = handlers;
    this.checks = checks;
    this.tasks = new Map();
    this.sockets = new Set();
    this.posted = [];
    this.drift = [];
    this.deaf = false;
  }

  publish(task, status, progress) {
    if (this.deaf || task.silent) return;
    const message = JSON.stringify({
      name: `progress/${task.agent}/task/${task.context.id}`,
      type: "task",
      timestamp: new Date().toISOString(),
      payload: { status, progress },
    });
    for (const socket of this.sockets) if (socket.authorized) socket.send(message);
  }

  note(problem) {
    if (problem) this.drift.push(problem);
  }

  async answer(agent, context) {
    const kind = agent.split("/")[0];
    const { action, data } = context;
    if (kind === "module") this.note(this.checks?.input(action, data));
    const handler = this.handlers[`${kind}/${action}`];
    if (!handler) return { abort: `Action ${action} is not defined\n` };
    const answer = await handler(data, context);
    const good = answer.output !== undefined && answer.abort === undefined && kind === "module";
    if (good) this.note(this.checks?.output(action, answer.output));
    return answer;
  }

  async run(task, answer) {
    await sleep(5);
    if (answer.never) return;
    this.publish(task, "pending", 0);
    if (answer.validation) {
      task.result = { error: "Validation errors", output: answer.validation, exit_code: 10 };
      this.publish(task, "validation-failed", 0);
      return;
    }
    this.publish(task, "running", 0);
    for (const step of answer.steps ?? []) {
      await sleep(answer.delay ?? 30);
      this.publish(task, "running", step);
    }
    await sleep(answer.delay ?? 5);
    const good = answer.abort === undefined;
    task.result = {
      error: good ? "" : answer.abort,
      output: answer.output ?? "",
      exit_code: good ? 0 : 1,
    };
    this.publish(task, good ? "completed" : "aborted", good ? 100 : 0);
  }

  async post(agent, body) {
    this.posted.push({ agent, ...body });
    const context = {
      id: randomUUID(),
      action: body.action,
      data: body.data ?? null,
      extra: body.extra ?? null,
      queue: `${agent}/tasks`,
      user: "admin",
      timestamp: new Date().toISOString(),
      parent: body.parent ?? "",
    };
    const answer = await this.answer(agent, context);
    if (answer.http) return { refused: answer };
    const task = { agent, context, silent: answer.silent };
    this.tasks.set(context.id, task);
    void this.run(task, answer);
    return { context };
  }
}

function reply(res, code, message, data, headers = {}) {
  res.writeHead(code, { "content-type": "application/json", ...headers });
  res.end(JSON.stringify({ code, message, data }));
}

async function api(tasks, req, res, route) {
  let body = "";
  for await (const chunk of req) body += chunk;
  if (!/^Bearer \S+\.\S+\.\S+$/.test(req.headers.authorization ?? "")) {
    return reply(res, 401, "cookie token is empty", null);
  }
  const queue = /^\/(cluster|node\/[^/]+|module\/[^/]+)\/tasks$/.exec(route);
  if (req.method === "POST" && queue) {
    const { context, refused } = await tasks.post(queue[1], JSON.parse(body));
    if (context) return reply(res, 201, "task queued successfully", context);
    const headers = refused.retryAfter ? { "Retry-After": String(refused.retryAfter) } : {};
    return reply(res, refused.http, refused.message ?? "refused", "", headers);
  }
  const asked = /^\/(.+)\/task\/([^/]+)\/(context|status)$/.exec(route);
  if (!asked) return reply(res, 404, "API not found", null);
  const task = tasks.tasks.get(asked[2]);
  if (!task || task.agent !== asked[1]) return reply(res, 400, "redis: nil", null);
  if (asked[3] === "context") return reply(res, 200, "success", { context: task.context });
  if (!task.result) return reply(res, 400, "redis: nil", null);
  return reply(res, 200, "success", task.result);
}

function sendFile(res, root, relative) {
  const file = path.join(root, path.normalize(`/${decodeURIComponent(relative)}`));
  if (!fs.existsSync(file) || !fs.statSync(file).isFile()) {
    res.writeHead(404);
    return res.end("not found");
  }
  res.writeHead(200, {
    "content-type": MIME[path.extname(file)] ?? "application/octet-stream",
    "cache-control": "no-store",
  });
  return fs.createReadStream(file).pipe(res);
}

function serve(tasks, pages, req, res) {
  const route = new URL(req.url, "http://localhost").pathname;
  if (!route.startsWith("/cluster-admin/")) {
    res.writeHead(404);
    return res.end();
  }
  const rest = route.slice("/cluster-admin".length);
  if (rest.startsWith("/api/")) {
    return api(tasks, req, res, rest.slice(4)).catch((e) => reply(res, 500, String(e), null));
  }
  if (rest === "/css/core.css") {
    res.writeHead(200, { "content-type": "text/css" });
    return res.end(coreCss());
  }
  const page = /^\/apps\/([^/]+)\/(.*)$/.exec(rest);
  if (page) return sendFile(res, pages, page[2] || "index.html");
  return sendFile(res, here, rest === "/" ? "/shell.html" : rest);
}

function listen(tasks, server) {
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (req, socket, head) => {
    sockets.handleUpgrade(req, socket, head, (ws) => {
      tasks.sockets.add(ws);
      ws.on("close", () => tasks.sockets.delete(ws));
      ws.on("message", (data) => {
        const message = JSON.parse(data);
        if (message.action === "authorize")
          ws.authorized = /\S+\.\S+\.\S+/.test(message.payload?.jwt);
      });
    });
  });
}

/**
 * Starts it on a free loopback port. `checks` says what is wrong with an input or
 * output of the module; what it said is in `drift`. While `deaf` no event leaves.
 */
export function startShell({ pages, handlers, checks, port = 0 }) {
  const tasks = new Tasks(handlers, checks);
  const server = http.createServer((req, res) => serve(tasks, pages, req, res));
  listen(tasks, server);
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () =>
      resolve({
        tasks,
        url: `http://127.0.0.1:${server.address().port}/cluster-admin/`,
        close: () => {
          for (const socket of tasks.sockets) socket.terminate();
          server.closeAllConnections();
          return new Promise((closed) => server.close(closed));
        },
      }),
    );
  });
}
