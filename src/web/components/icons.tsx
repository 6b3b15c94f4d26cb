import type { ComponentChildren } from 'preact';

/** Names of the drawings. */
export type IconName = 'logo' | 'thumb-up' | 'thumb-down' | 'stop' | 'plus' | 'close' | 'outside' | 'chevron';

/** One drawing for both thumbs; the second is turned upside down. */
const THUMB =
  'M7 10.5v9H4.2a.7.7 0 0 1-.7-.7v-7.6c0-.4.3-.7.7-.7H7Zm0 0 4-7.4a2 2 0 0 1 2.3 2.2l-.5 4h5.4a2 2 0 0 1 2 2.3l-1 6.2a2 2 0 0 1-2 1.7H7';

const DRAWINGS: Readonly<Record<IconName, ComponentChildren>> = {
  logo: (
    <>
      <rect x="2" y="2" width="20" height="20" rx="5.5" />
      <path d="M7.5 9h9M7.5 13h9" />
    </>
  ),
  'thumb-up': <path d={THUMB} />,
  'thumb-down': <path d={THUMB} transform="rotate(180 12 11.5)" />,
  stop: <rect x="6" y="6" width="12" height="12" rx="2" fill="currentColor" stroke="none" />,
  plus: <path d="M12 5v14M5 12h14" />,
  close: <path d="m6 6 12 12M18 6 6 18" />,
  outside: <path d="M8 6h10v10M18 6 6 18" />,
  chevron: <path d="m7 10 5 5 5-5" />,
};

/** A small drawing in the colour of the text; it says nothing to a screen reader, the control's label does. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {DRAWINGS[name]}
    </svg>
  );
}
