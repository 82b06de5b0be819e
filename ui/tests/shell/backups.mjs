// What the service has seen of a cluster's backups, as large as a test wants it:
// overviews, lists of reports that can be filtered, reports with their words.
import { examples } from "./schemas.mjs";

export const MADE_AT = "2026-11-20T06:30:00Z";
const HOUR = 3_600_000;

/** So many hours before the overview was made. */
export function hoursAgo(hours) {
  return new Date(Date.parse(MADE_AT) - hours * HOUR).toISOString().replace(".000", "");
}

export function run(report, outcome, hours, more = {}) {
  const bad = outcome === "SUCCESS" || outcome === null ? 0 : 1;
  return {
    report,
    run: `2026-11-20T02:00:00-${report ?? hours}`,
    kind: "scheduled",
    at: hoursAgo(hours),
    took_s: 516,
    outcome,
    bad,
    counted: 7,
    ...more,
  };
}

/** The last runs of a plan that fires every day; the newest stands last. */
export function strip(outcomes, firstReport = 1) {
  return outcomes.map((outcome, i) =>
    run(outcome === null ? null : firstReport + i, outcome, 5.5 + 24 * (outcomes.length - 1 - i)),
  );
}

/** A plan in good order; `more` comes in place of its parts. */
export function planOverview(id, more = {}) {
  const runs = more.strip ?? strip(Array(30).fill("SUCCESS"), 1000 * Number(id));
  return {
    plan: { id, name: `Plan ${id}`, schedule: "*-*-* 02:00:00", enabled: true, ...more.plan },
    destination: "4d0b8f0c-61b5-4bd0-9a0e-2f5c7a6d9e11",
    destination_name: "Offsite",
    standing: "good",
    bad_since: null,
    applications: 7,
    last: runs.at(-1) ?? null,
    open: null,
    next: "2026-11-21T01:00:00Z",
    muted_until: null,
    attention: [],
    ...more,
    strip: runs,
    ...(more.plan
      ? { plan: { id, name: `Plan ${id}`, schedule: "daily", enabled: true, ...more.plan } }
      : {}),
  };
}

export function attention(count, more = {}) {
  return Array.from({ length: count }, (_, i) => ({
    module: `nextcloud${i + 1}`,
    name: i % 2 === 0 ? `Cloud ${i + 1}` : null,
    node: (i % 3) + 1,
    cause: "backup_error",
    ok_at: i % 5 === 4 ? null : hoursAgo(29.5),
    ...more,
  }));
}

/** An answer of get-overview. */
export function overview(more = {}) {
  const [example] = examples("get-overview");
  return {
    ...example,
    overview: {
      ...example.overview,
      made_at: MADE_AT,
      read_at: MADE_AT,
      plans: [planOverview("1")],
      uncovered: [],
      queued_mails: 0,
      undelivered_mails: 0,
      ...more,
    },
  };
}

/** A plan that has everything a card can show. */
export function badPlan(id = "1", more = {}) {
  const runs = strip(
    [
      ...Array(24).fill("SUCCESS"),
      null,
      "SUCCESS",
      "REPO_FAILURE",
      "SUCCESS",
      "PARTIAL",
      "PARTIAL",
    ],
    101,
  );
  return planOverview(id, {
    plan: { name: "Nightly" },
    standing: "bad",
    bad_since: hoursAgo(29.5),
    attention: attention(1),
    muted_until: "2026-12-01T00:00:00Z",
    open: { at: hoursAgo(0.2), kind: "hand_part", members: 4, reported: 3, failed: 1 },
    strip: runs,
    ...more,
  });
}

const OUTCOMES = ["SUCCESS", "SUCCESS", "SUCCESS", "PARTIAL", "SUCCESS", "REPO_FAILURE"];

/** The newest report has the greatest number; every sixth one is of another kind. */
export function manyReports(count) {
  return Array.from({ length: count }, (_, i) => {
    const id = count - i;
    const outcome = OUTCOMES[id % OUTCOMES.length];
    const digest = id % 36 === 0;
    const plan = String((id % 3) + 1);
    return {
      id,
      kind: digest ? "digest" : "run",
      made_at: hoursAgo(5.25 + 8 * i),
      at: digest ? null : hoursAgo(5.5 + 8 * i),
      plan: digest ? null : plan,
      plan_name: digest ? null : `Plan ${plan}`,
      run: `run-${id}`,
      run_kind: digest ? "as_found" : id % 7 === 0 ? "hand_part" : "scheduled",
      outcome: digest ? "SUCCESS" : outcome,
      bad: outcome === "SUCCESS" ? 0 : 1,
      counted: 7,
      mailed: outcome !== "SUCCESS",
    };
  });
}

/** Answers of list-reports over these reports, as the program gives them; which of them are
 *  troubled by their mails: `{ queued: [3] }`. */
export function listOf(reports, troubled = {}) {
  return (input) => {
    const { limit = 20, offset = 0, plan, outcome, mails, since, until, text } = input ?? {};
    const words = (text ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const found = reports.filter(
      (one) =>
        (plan === undefined || one.plan === plan) &&
        (outcome === undefined || one.outcome === outcome) &&
        (mails === undefined || troubled[mails]?.includes(one.id)) &&
        (since === undefined || Date.parse(one.made_at) >= Date.parse(since)) &&
        (until === undefined || Date.parse(one.made_at) < Date.parse(until)) &&
        words.every((word) => `${one.plan} ${one.plan_name}`.toLowerCase().includes(word)),
    );
    return {
      output: {
        format: "ns8-backup-monitor/reports/1",
        total: found.length,
        reports: found.slice(offset, offset + limit),
      },
    };
  };
}

const WORDS = {
  en: {
    headline: "Backup partially failed",
    counts: (bad, all) => `${bad} of ${all} applications failed`,
    what: (bad, all) =>
      `${bad} of ${all} applications did not complete the backup. The other ones are fine.`,
    context: "The plan has been bad since 18 Nov 2026 02:00 CET (2 days ago).",
    why: "nextcloud1: the backup itself ended with errors.",
    next: "Read what the run wrote on the application's node.",
    risk: "nextcloud1: changes made since 19 Nov 2026 02:06 CET (24 hours ago) are not at this destination.",
    bad: "backup failed",
    note: "Last good backup: 19 Nov 2026 02:06 CET (24 hours ago)",
    method: "Asked with restic.",
    answers: "answers",
    locked: "locked",
    warning: "In no backup plan: wiki1.",
    plan: "Plan",
    zone: "All times: Europe/Rome (CET).",
  },
  it: {
    headline: "Backup parzialmente fallito",
    counts: (bad, all) => `${bad} applicazioni su ${all} fallite`,
    what: (bad, all) =>
      `${bad} applicazioni su ${all} non hanno completato il backup. Le altre sono a posto.`,
    context: "Il piano non è a posto dal 18 nov 2026 02:00 CET (da 2 giorni).",
    why: "nextcloud1: il backup è terminato con errori.",
    next: "Leggere cosa ha scritto l'esecuzione sul nodo dell'applicazione.",
    risk: "nextcloud1: le modifiche successive al 19 nov 2026 02:06 CET (24 ore fa) non sono in questa destinazione.",
    bad: "backup fallito",
    note: "Ultimo backup riuscito: 19 nov 2026 02:06 CET (24 ore fa)",
    method: "Interrogata con restic.",
    answers: "risponde",
    locked: "bloccato",
    warning: "In nessun piano di backup: wiki1.",
    plan: "Piano",
    zone: "Tutti gli orari: Europe/Rome (CET).",
  },
};

const BAD = { tone: "bad", color: "#b3261e" };
const GOOD = { tone: "good", color: "#0e7a3d" };

function member(i, bad) {
  const failed = i < bad;
  return {
    module: `nextcloud${i + 1}`,
    name: i % 3 === 0 ? `Cloud ${i + 1}` : null,
    node: (i % 5) + 1,
    node_name: `rl${(i % 5) + 1}`,
    cause: failed ? "backup_error" : "ok",
    started: hoursAgo(5.4 - i / 1000),
    duration_s: 60 + ((i * 37) % 600),
    size: failed ? null : 1_000_000 * (1 + ((i * 7919) % 5000)),
    files: failed ? null : 10 + ((i * 31) % 900),
    at_risk_since: failed ? hoursAgo(29.4) : null,
    never_saved: false,
    ok_before: hoursAgo(29.4),
    busy_with: null,
    detail: null,
    unreadable: null,
  };
}

function saidOf(members, language) {
  const words = WORDS[language];
  const bad = members.filter((one) => one.cause !== "ok").length;
  return {
    language,
    icon: "⚠️",
    headline: { text: words.headline, tone: "warning", color: "#8f5a00" },
    topic: "Nightly",
    counts: words.counts(bad, members.length),
    place: "Studio Rossi",
    what: words.what(bad, members.length),
    context: [words.context],
    why: [words.why],
    next: [{ text: words.next, command: "journalctl -u backup1 -u agent@node" }],
    at_risk: [words.risk],
    members: members.map((one) => ({
      module: one.module,
      counts_as: one.cause === "ok" ? "good" : "bad",
      name: one.name ?? one.module,
      id: one.name ? one.module : null,
      node: `${one.node_name} (${one.node})`,
      result: one.cause === "ok" ? { text: "ok", ...GOOD } : { text: words.bad, ...BAD },
      start: "20 Nov 02:06",
      duration: `${Math.round(one.duration_s / 60)} min`,
      size: one.size === null ? "–" : `${Math.round(one.size / 1_048_576)} MiB`,
      files: one.files === null ? "–" : String(one.files),
      notes: one.cause === "ok" ? [] : [words.note],
    })),
    plans: [],
    overview: null,
    uncovered: null,
    destination: {
      name: "Offsite",
      provider: "backblaze",
      url: "b2:studio-rossi-ns8",
      method: words.method,
      probes: [
        {
          module: "nextcloud1",
          path: "nextcloud/9bf68b58-3892-588a-b9d1-3a6c1fe89a80",
          answer: { text: words.locked, ...BAD },
          snapshots: "14",
          newest: "19 Nov 02:06",
          took: "812 ms",
          notes: ["root@rl1, 18 Nov 2026 23:14 CET"],
        },
        {
          module: "nextcloud2",
          path: "nextcloud/97722218-6213-564c-880b-b8c901c57ac8",
          answer: { text: words.answers, ...GOOD },
          snapshots: "3",
          newest: "20 Nov 02:06",
          took: "765 ms",
          notes: [],
        },
      ],
      left_out: null,
    },
    warnings: [words.warning],
    facts: [{ label: words.plan, value: "Nightly (id 1)" }],
    alerts: ["alertname=BackupFailed id=1 severity=critical"],
    zone: words.zone,
    timezone: "Europe/Rome",
    labels: {},
  };
}

/**
 * An answer of get-report: a run of so many applications, some of which failed.
 * @param {{ id?: number, applications?: number, failed?: number, language?: string,
 *   report?: object, said?: object, deliveries?: object[] }} wanted
 */
export function reportOf({ id = 12, applications = 7, failed = 1, language = "en", ...more } = {}) {
  const [example] = examples("get-report");
  const members = Array.from({ length: applications }, (_, i) => member(i, failed));
  return {
    ...example,
    id,
    report: {
      ...example.report,
      run_kind: "scheduled",
      at: hoursAgo(5.5),
      applications,
      plan: { ...example.report.plan, enabled: true },
      members,
      ...more.report,
    },
    deliveries: more.deliveries ?? [
      ...example.deliveries,
      {
        message_id: "<second@example.org>",
        subject: "[NS8 Backup] Backup partially failed: Nightly",
        to: "bo…@example.org",
        state: "refused",
        attempts: 1,
        at: "2026-11-20T01:18:42Z",
        next_attempt: null,
        answer: "550 5.1.1 No such user",
      },
    ],
    said: { ...saidOf(members, language), ...more.said },
  };
}

/** Handlers of a cluster with something of everything. */
export function fleet({ reports = manyReports(120), overview: seen = {} } = {}) {
  const plans = [
    badPlan("1"),
    planOverview("2", { plan: { name: "Weekly archive of the whole office" } }),
    planOverview("3", {
      standing: "disabled",
      next: null,
      strip: [],
      last: null,
      plan: { enabled: false },
    }),
    planOverview("4", { standing: "unknown", strip: [], last: null }),
    planOverview("5", { standing: "empty", applications: 0, strip: [], last: null }),
  ];
  const [{ overview: example }] = examples("get-overview");
  return {
    "module/get-overview": () => ({
      output: overview({ plans, uncovered: example.uncovered, queued_mails: 1, ...seen }),
    }),
    "module/list-reports": listOf(reports),
    "module/get-report": ({ id, language }) => ({ output: reportOf({ id, language }) }),
    "module/run-check": ({ language = "en" } = {}) => {
      const { report, said } = reportOf({ language });
      return {
        output: {
          format: "ns8-backup-monitor/check/1",
          outcome: "PARTIAL",
          reports: [report],
          said: [said],
        },
        steps: [10, 40, 80],
        delay: 100,
      };
    },
  };
}
