import { afterEach, expect, it, vi } from "vitest";
import { effectScope } from "vue";
import { useAction } from "@/module/use-action";

const asked = vi.hoisted(() => vi.fn(async () => ({ format: "", overview: {} })));
vi.mock("@/shell", () => ({
  runAction: asked,
  runClusterAction: asked,
  isActionError: () => false,
}));
afterEach(() => void asked.mockClear());

it("asks nothing any more once its component is gone", async () => {
  const scope = effectScope();
  const action = scope.run(() => useAction("get-overview"))!;
  await action.run({});
  expect(asked).toHaveBeenCalledTimes(1);
  scope.stop();
  expect(await action.run({})).toBeNull();
  expect(asked).toHaveBeenCalledTimes(1);
});
