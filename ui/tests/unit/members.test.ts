// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { Member } from "@/module/report";
import { countsOf, severity } from "@/module/severity";
import { findMembers, memberRows, sortMembers } from "@/pages/reports/members";
import { reportOf } from "../shell/backups.mjs";

const own = (member: Member) => ({
  name: member.name ?? member.module,
  id: null,
  node: String(member.node),
  result: { text: `own ${member.cause}`, tone: "neutral" as const },
  start: "",
  duration: "",
  size: "",
  files: "",
  notes: [],
});
const { report, said } = reportOf({ applications: 12, failed: 3 });
const rows = memberRows(report, said, own);
const modules = (list: typeof rows) => list.map((row) => row.module);

describe("the applications of a report", () => {
  it("stand as the report has them, the failed ones first", () => {
    expect(rows.map((row) => row.severity).slice(0, 4)).toEqual(["bad", "bad", "bad", "good"]);
    expect(sortMembers(rows, null)).toBe(rows);
  });

  it("have the words of the mail, and own ones where it has none", () => {
    const partly = memberRows(report, { ...said, members: said.members.slice(1) }, own);
    expect(partly[1]!.said.result.text).toBe("backup failed");
    expect(partly[0]!.said.result.text).toBe("own backup_error");
    expect(memberRows(report, null, own)[5]!.said.result.text).toBe("own ok");
  });

  it("are sorted by numbers as numbers, both ways", () => {
    const up = sortMembers(rows, { key: "duration", descending: false });
    const lengths = up.map((row) => row.member.duration_s!);
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
    const down = sortMembers(rows, { key: "duration", descending: true });
    expect(down[0]!.member.duration_s).toBe(Math.max(...lengths));
  });

  it("are sorted by name as people count", () => {
    const plain = rows.filter((row) => row.member.name === null);
    const names = modules(sortMembers(plain, { key: "name", descending: false }));
    expect(names.indexOf("nextcloud2")).toBeLessThan(names.indexOf("nextcloud11"));
  });

  it("have what is not known at the end, whichever way", () => {
    for (const descending of [false, true]) {
      const sorted = sortMembers(rows, { key: "size", descending });
      expect(sorted.slice(-3).map((row) => row.member.size)).toEqual([null, null, null]);
    }
  });

  it("keep the order of the report among equals", () => {
    const sorted = sortMembers(rows, { key: "result", descending: true });
    expect(modules(sorted).slice(-3)).toEqual(["nextcloud1", "nextcloud2", "nextcloud3"]);
    expect(sorted[0]!.severity).toBe("good");
  });

  it("are found by any of their columns, in whatever case", () => {
    expect(modules(findMembers(rows, "nextcloud12"))).toEqual(["nextcloud12"]);
    expect(findMembers(rows, "FAILED rl2")).toHaveLength(1);
    expect(findMembers(rows, "  ")).toBe(rows);
    expect(findMembers(rows, "nothing")).toEqual([]);
  });

  it("sort two thousand within a blink", () => {
    const large = reportOf({ applications: 2000, failed: 40 });
    const many = memberRows(large.report, large.said, own);
    const began = performance.now();
    sortMembers(findMembers(many, "rl"), { key: "name", descending: true });
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe("how a cause counts", () => {
  it("is as docs/JSON.md says", () => {
    expect(severity("ok")).toBe("good");
    expect(severity("unreported")).toBe("good");
    expect(severity("not_due")).toBe("not_at_all");
    expect(severity("excluded")).toBe("not_at_all");
    for (const cause of ["backup_error", "missed", "busy", "after_backup", "never_ran"]) {
      expect(severity(cause)).toBe("bad");
    }
  });

  it("leaves out of the count what was not due", () => {
    const members = ["ok", "missed", "not_due"].map((cause) => ({ cause }) as Member);
    expect(countsOf({ members })).toEqual({ bad: 1, counted: 2 });
  });
});
