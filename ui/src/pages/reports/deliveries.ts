import type { State } from "@/components/StateIcon.vue";
import type { Delivery } from "@/module/report";

const STATES: Record<Delivery["state"], State> = {
    queued: "running",
    sent: "good",
    refused: "bad",
    undeliverable: "bad",
    not_sent: "off",
};

export function deliveryState(state: Delivery["state"]): State {
    return STATES[state] ?? "unknown";
}

/** The newest mail first; the recipients of one mail in their order. */
export function newestFirst(deliveries: Delivery[]): Delivery[] {
    const mails = [...new Set(deliveries.map((one) => one.message_id))].reverse();
    return mails.flatMap((mail) => deliveries.filter((one) => one.message_id === mail));
}

/** Whether anything may still change without anybody doing anything. */
export function isUnderWay(deliveries: Delivery[]): boolean {
    return deliveries.some((one) => one.state === "queued");
}
