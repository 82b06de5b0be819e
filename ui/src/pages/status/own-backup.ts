import type { ClusterBackup } from "@/module/actions";

/** How the backup of this application itself stands in one plan. */
export interface OwnBackupEntry {
  plan: string;
  destination: string;
  enabled: boolean;
  state: "good" | "bad" | "never";
  /** RFC 3339, or null where it never ran. */
  endedAt: string | null;
}

const time = (seconds: number) => new Date(seconds * 1000).toISOString();

/** The plans that back up this application, the failed ones first. */
export function ownBackups(
  backups: ClusterBackup[],
  destinations: { id: string; name: string }[],
  module: string,
): OwnBackupEntry[] {
  const nameOf = (id: string) => destinations.find((one) => one.id === id)?.name || id;
  const order = { bad: 0, never: 1, good: 2 };
  return backups
    .flatMap((backup): OwnBackupEntry[] => {
      const mine = backup.instances.find((one) => one.module_id === module);
      if (!mine) return [];
      const { status } = mine;
      return [
        {
          plan: backup.name,
          destination: nameOf(backup.repository),
          enabled: backup.enabled,
          state: !status ? "never" : status.success ? "good" : "bad",
          endedAt: status ? time(status.end) : null,
        },
      ];
    })
    .sort((a, b) => order[a.state] - order[b.state]);
}
