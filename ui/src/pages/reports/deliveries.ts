import type { Delivery } from "@/module/report";

/** The newest mail first; the recipients of one mail in their order. */
export function newestFirst(deliveries: Delivery[]): Delivery[] {
  const mails = [...new Set(deliveries.map((one) => one.message_id))].reverse();
  return mails.flatMap((mail) => deliveries.filter((one) => one.message_id === mail));
}

/** Whether anything may still change without anybody doing anything. */
export function isUnderWay(deliveries: Delivery[]): boolean {
  return deliveries.some((one) => one.state === "queued");
}
