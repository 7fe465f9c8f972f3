/** For how long a screen may still change after something was done, in milliseconds: answers come one after the other. */
const WATCHED = 3_000;
/** Frames of the browser in which a control that was pressed may still be disabled before the focus goes elsewhere. */
const PATIENCE = 10;

/** What a screen reader has a name for, or what can have the focus anyway. */
const NAMED =
  'button:enabled, a[href], input:enabled, [tabindex], [aria-label], [aria-labelledby], fieldset, main';

/** The search that goes on; one that begins, or what is asked to remember another place, ends the one before. */
let latest = 0;

/**
 * Remembers where the focus is, and brings it back near there when it was lost because what had it is gone: else who has no mouse starts again
 * at the top of the page, and who cannot see does not know where. To be asked before something is done that changes the screen; what it
 * answers with is called after it.
 */
export function placeOfFocus(): () => void {
  latest += 1;
  const { body } = document;
  const path: HTMLElement[] = [];
  let element = document.activeElement;
  while (element instanceof HTMLElement && element !== body) {
    path.push(element);
    element = element.parentElement;
  }
  const [own] = path;
  return () => {
    latest += 1;
    const mine = latest;
    let frame = 0;
    const until = performance.now() + WATCHED;
    // Who points somewhere has chosen where to be.
    let pointed = false;
    document.addEventListener('pointerdown', () => (pointed = true), {
      once: true,
      capture: true,
    });
    const look = () => {
      if (mine !== latest) {
        return;
      }
      frame += 1;
      const active = document.activeElement;
      const lost =
        active === null || active === body || active.matches(':disabled');
      const busy = own?.isConnected && own.matches(':disabled');
      // A dialog that closes gives the focus back itself in the first frame, where it can.
      if (lost && !pointed && frame > 1 && (!busy || frame > PATIENCE)) {
        focusOn(
          path.find(
            part =>
              part.isConnected &&
              !part.matches(':disabled') &&
              part.matches(NAMED),
          ),
        );
      }
      if (!pointed && performance.now() < until) {
        requestAnimationFrame(look);
      }
    };
    requestAnimationFrame(look);
  };
}

/** Does something after which the control that was pressed for it may be gone, as one that shows more is. */
export function keepingPlace(work: () => void): void {
  const returnFocus = placeOfFocus();
  work();
  returnFocus();
}

/** Also on what takes no focus by itself, such as a list; it can be clicked into afterwards as before. */
function focusOn(element: HTMLElement | undefined): void {
  if (!element) {
    return;
  }
  element.focus();
  if (document.activeElement !== element) {
    element.tabIndex = -1;
    element.addEventListener(
      'blur',
      () => element.removeAttribute('tabindex'),
      { once: true },
    );
    element.focus();
  }
}
