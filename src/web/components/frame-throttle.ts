/** How to wait for the next picture the browser draws. */
export interface Frames {
  readonly request: (callback: () => void) => number;
  readonly cancel: (handle: number) => void;
}

/** Runs an action at once when it has been quiet, and at most once per frame while calls keep coming. */
export interface FrameThrottle {
  readonly call: () => void;
  readonly cancel: () => void;
}

/** A press is answered at once; two hundred pieces of an answer per second are drawn no faster than the screen shows them. */
export function createFrameThrottle(action: () => void, { request, cancel }: Frames): FrameThrottle {
  let frame: number | undefined;
  let isWaiting = false;

  function onFrame(): void {
    frame = undefined;
    if (!isWaiting) return;
    isWaiting = false;
    run();
  }

  function run(): void {
    frame = request(onFrame);
    action();
  }

  return {
    call() {
      if (frame === undefined) run();
      else isWaiting = true;
    },
    cancel() {
      if (frame !== undefined) cancel(frame);
      frame = undefined;
      isWaiting = false;
    },
  };
}
