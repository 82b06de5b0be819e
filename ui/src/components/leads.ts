/** The page that helps with a trouble, by the trouble's text. */
const LEADS: Record<string, string> = {
  not_configured: "settings",
  service_not_running: "status",
  no_such_report: "reports",
};

export function leadOf(key: string): string | null {
  return LEADS[key] ?? null;
}
