import { Icon } from './icons.tsx';
import { usePage, useStore } from './page-context.ts';

/** The line at the top: what this is, what it answers from, who answers, and the two switches. */
export function Header({ onSwitchLanguage, onNew }: HeaderProps) {
  const { words, language } = usePage();
  return (
    <header class="top">
      <div class="brand">
        <Icon name="logo" />
        <h1>Glassgate</h1>
      </div>
      <StatusPill />
      <div class="grow" />
      <KeyPill />
      <ModelPill />
      {onNew && (
        <button type="button" class="pill action" aria-label={words.newConversation} onClick={onNew}>
          <Icon name="plus" />
          <span class="wide">{words.newConversation}</span>
        </button>
      )}
      <button
        type="button"
        class="pill action"
        lang={language === 'en' ? 'zh-CN' : 'en'}
        aria-label={words.switchLanguage}
        title={words.switchLanguage}
        onClick={onSwitchLanguage}
      >
        {words.otherLanguage}
      </button>
    </header>
  );
}

interface HeaderProps {
  readonly onSwitchLanguage: () => void;
  /** Absent while there is nothing to leave behind. */
  readonly onNew?: (() => void) | undefined;
}

/** What is asked and whether it answers; told to a screen reader when it changes. */
function StatusPill() {
  const { words, gateway } = usePage();
  const { status, collections } = useStore(gateway);
  const word = { loading: words.connecting, ready: words.ready, unreachable: words.unreachable }[status];
  return (
    <p class="pill wide" data-status={status} role="status">
      {collections.join(', ') || words.gateway} · <b>{word}</b>
    </p>
  );
}

/** One model is a fact, several are a choice. */
function ModelPill() {
  const { words, gateway } = usePage();
  const { models, model } = useStore(gateway);
  if (model === undefined) return null;
  if (models.length === 1) {
    return (
      <p class="pill model">
        <span class="wide">{words.model} </span>
        <b>{model}</b>
      </p>
    );
  }
  return (
    <label class="pill model">
      <span class="wide">{words.model} </span>
      <select
        value={model}
        aria-label={words.chooseModel}
        onChange={(event) => gateway.chooseModel(event.currentTarget.value)}
      >
        {models.map((id) => (
          <option key={id}>{id}</option>
        ))}
      </select>
    </label>
  );
}

/** Only for people who gave a key: a way to take it back out of the tab. */
function KeyPill() {
  const { words, gateway } = usePage();
  const { key } = useStore(gateway);
  if (key !== 'given') return null;
  return (
    <button type="button" class="pill action" onClick={() => void gateway.forgetKey()}>
      {words.keyForget}
    </button>
  );
}
