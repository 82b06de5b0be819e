import { onErrorCaptured, onScopeDispose, shallowRef, type ShallowRef } from "vue";
import { useRouter } from "vue-router";

/**
 * The newest fault of the pages themselves, of which nobody else would tell: of a
 * component, of a part that could not be loaded, of a promise nobody waits for.
 * It is over when somebody goes elsewhere.
 */
export function useBroken(): Readonly<ShallowRef<{ error: unknown } | null>> {
  const router = useRouter();
  const broken = shallowRef<{ error: unknown } | null>(null);

  function note(error: unknown): void {
    console.error(error);
    broken.value = { error };
  }

  function onRejection(event: PromiseRejectionEvent): void {
    event.preventDefault();
    note(event.reason);
  }

  onErrorCaptured((error) => {
    note(error);
    return false;
  });
  window.addEventListener("unhandledrejection", onRejection);
  const ends = [
    router.onError(note),
    router.beforeResolve(() => void (broken.value = null)),
    () => window.removeEventListener("unhandledrejection", onRejection),
  ];
  onScopeDispose(() => ends.forEach((end) => end()));
  return broken;
}
