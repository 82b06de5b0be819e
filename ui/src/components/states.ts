import type { Delivery, OutcomeName, Standing } from "@/module/report";
import type { Tone } from "@/module/said";
import type { State } from "./StateIcon.vue";

const STANDINGS: Record<Standing, State> = {
  bad: "bad",
  unknown: "unknown",
  good: "good",
  disabled: "off",
  empty: "warning",
};

const OUTCOMES: Record<OutcomeName, State> = {
  SUCCESS: "good",
  PARTIAL: "warning",
  REPO_FAILURE: "bad",
};

const TONES: Record<Tone, State> = {
  good: "good",
  warning: "warning",
  bad: "bad",
  neutral: "unknown",
};

const DELIVERIES: Record<Delivery["state"], State> = {
  queued: "running",
  sent: "good",
  refused: "bad",
  undeliverable: "bad",
  not_sent: "off",
};

// A newer service may know more names than these pages.

export function standingState(standing: Standing): State {
  return STANDINGS[standing] ?? "unknown";
}

export function outcomeState(outcome: OutcomeName | null): State {
  return outcome === null ? "unknown" : (OUTCOMES[outcome] ?? "unknown");
}

export function toneState(tone: Tone): State {
  return TONES[tone] ?? "unknown";
}

export function deliveryState(state: Delivery["state"]): State {
  return DELIVERIES[state] ?? "unknown";
}
