import type { Sort } from "@/carbon";
import type { Member, Report } from "@/module/report";
import type { Mark, Said, SaidMember } from "@/module/said";
import { severity, type Severity } from "@/module/severity";

/** One application of a report: what it says, and what its table is sorted by. */
export interface MemberRow {
  module: string;
  severity: Severity;
  said: SaidMember;
  member: Member;
  /** Its place in the report, where the failed ones stand first. */
  place: number;
}

/** The words of these pages, for a report that came without those of its mail. */
export type OwnWords = (member: Member) => Omit<SaidMember, "module" | "counts_as">;

export function memberRows(report: Report, said: Said | null, own: OwnWords): MemberRow[] {
  const words = new Map(said?.members.map((member) => [member.module, member]));
  return report.members.map((member, place) => {
    const counts_as = severity(member.cause);
    return {
      module: member.module,
      severity: words.get(member.module)?.counts_as ?? counts_as,
      said: words.get(member.module) ?? {
        module: member.module,
        counts_as,
        ...own(member),
      },
      member,
      place,
    };
  });
}

const SEVERITIES: Record<Severity, number> = { bad: 0, good: 1, not_at_all: 2 };
const TONES: Record<Mark["tone"], number> = { bad: 0, warning: 1, good: 2, neutral: 3 };

type Value = number | string | null;

function valueOf(row: MemberRow, key: string): Value {
  const { member, said } = row;
  switch (key) {
    case "name":
      return said.name;
    case "node":
      return member.node;
    case "start":
      return member.started;
    case "duration":
      return member.duration_s;
    case "size":
      return member.size;
    case "files":
      return member.files;
    default:
      return SEVERITIES[row.severity] * 10 + TONES[said.result.tone];
  }
}

function compare(a: Value, b: Value): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), undefined, { numeric: true, sensitivity: "base" });
}

/** Sorts; what is not known comes last both ways, equals keep the order of the report. */
export function sortMembers(rows: MemberRow[], sort: Sort | null): MemberRow[] {
  if (!sort) return rows;
  const way = sort.descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const left = valueOf(a, sort.key);
    const right = valueOf(b, sort.key);
    if (left === null || right === null) {
      return Number(left === null) - Number(right === null) || a.place - b.place;
    }
    return way * compare(left, right) || a.place - b.place;
  });
}

/** The rows that hold every word of a text, in whatever column. */
export function findMembers(rows: MemberRow[], text: string): MemberRow[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return rows;
  return rows.filter(({ module, said }) => {
    const all = [module, said.name, said.node, said.result.text].join(" ").toLowerCase();
    return wanted.every((word) => all.includes(word));
  });
}
