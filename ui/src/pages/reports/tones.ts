import type { State } from "@/components/StateIcon.vue";
import type { Tone } from "@/module/said";

const STATES: Record<Tone, State> = {
    good: "good",
    warning: "warning",
    bad: "bad",
    neutral: "unknown",
};

/** The picture that goes with a word of the mail. */
export function toneState(tone: Tone): State {
    return STATES[tone] ?? "unknown";
}
