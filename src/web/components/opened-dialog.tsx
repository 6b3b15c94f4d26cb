import { passagesOf } from '../details/passages-of.ts';
import { usePage, useStore } from './page-context.ts';
import { PassageDialog } from './passage-dialog.tsx';

/** Which passage of which turn is open. */
export interface OpenedPassage {
  readonly turnId: string;
  readonly id: string;
  readonly n: number | undefined;
}

/** The dialog of the open passage; looked up at each render, because its text may come after it was opened. */
export function OpenedDialog({ opened, onClose }: OpenedDialogProps) {
  const { conversation } = usePage();
  const { turns } = useStore(conversation);
  const turn = turns.find(({ id }) => id === opened?.turnId);
  const passage = turn && passagesOf(turn).find(({ id, n }) => id === opened?.id && n === opened.n);
  return turn && passage ? <PassageDialog turn={turn} passage={passage} onClose={onClose} /> : null;
}

interface OpenedDialogProps {
  readonly opened: OpenedPassage | undefined;
  readonly onClose: () => void;
}
