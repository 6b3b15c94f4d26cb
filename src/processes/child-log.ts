import { log } from '../telemetry/log.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import type { Child, ChildExit } from './child.ts';
import type { StartReason } from './keeper.ts';

/** The two kinds of child; a label of `glassgate.worker.starts`. */
type ChildKind = 'worker' | 'embedded_model';

/** Which child: workers have a slot. */
interface ChildIdentity {
  readonly kind: ChildKind;
  readonly slot?: number;
}

/** Counts and logs the lives of children. */
export interface ChildLog {
  started(identity: ChildIdentity, reason: StartReason, child: Child): void;
  exited(identity: ChildIdentity, exit: ChildExit & { readonly planned: boolean }): void;
}

/** Creates the log of children over the primary's instruments. */
export function createChildLog(instruments: Instruments): ChildLog {
  return {
    started: ({ kind, slot }, reason, child) => {
      instruments['glassgate.worker.starts'].record(1, {
        'glassgate.process': kind,
        'glassgate.reason': reason,
      });
      log.info('worker.started', { kind, ...slotField(slot), reason, child_pid: child.pid ?? 0 });
    },
    exited: ({ kind, slot }, { code, signal, planned }) => {
      const fields = {
        kind,
        ...slotField(slot),
        planned,
        ...(code === null ? {} : { exit_code: code }),
        ...(signal === null ? {} : { signal }),
      };
      if (planned && code === 0) log.info('worker.exited', fields);
      else log.warn('worker.exited', fields);
    },
  };
}

function slotField(slot: number | undefined): { slot?: number } {
  return slot === undefined ? {} : { slot };
}
