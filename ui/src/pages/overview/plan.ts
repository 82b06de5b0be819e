import type { State } from "@/components/StateIcon.vue";
import type { OpenRun, OutcomeName, Standing } from "@/module/report";

const STANDING_STATES: Record<Standing, State> = {
    bad: "bad",
    unknown: "unknown",
    good: "good",
    disabled: "off",
    empty: "warning",
};

export function standingState(standing: Standing): State {
    return STANDING_STATES[standing];
}

export function outcomeState(outcome: OutcomeName | null): State {
    switch (outcome) {
        case "SUCCESS":
            return "good";
        case "PARTIAL":
            return "warning";
        case "REPO_FAILURE":
            return "bad";
        default:
            return "unknown";
    }
}

/** How much of an open run is done, of a hundred; `null` while nobody knows how much there is. */
export function runProgress(open: OpenRun): number | null {
    if (open.members <= 0) return null;
    return Math.min(100, Math.round((100 * open.reported) / open.members));
}

/** The place in a strip that a key leads to. */
export function nextInStrip(key: string, current: number, length: number): number | null {
    switch (key) {
        case "ArrowLeft":
            return Math.max(0, current - 1);
        case "ArrowRight":
            return Math.min(length - 1, current + 1);
        case "Home":
            return 0;
        case "End":
            return length - 1;
        default:
            return null;
    }
}

/** The moment on the clock of the cluster, from when and what it said last. */
export function clusterNow(madeAt: string, readAt: Date, now: Date): Date {
    const made = new Date(madeAt).getTime();
    if (Number.isNaN(made)) return now;
    return new Date(made + Math.max(0, now.getTime() - readAt.getTime()));
}
