import { useRef } from 'preact/hooks';
import { usePage, useStore } from './page-context.ts';

/** Asks for the API key that the gateway wants; the key stays in this tab. */
export function KeyForm() {
  const { words, gateway } = usePage();
  const refused = useStore(gateway).key === 'refused';
  const field = useRef<HTMLInputElement>(null);
  const use = () => {
    const key = field.current?.value.trim() ?? '';
    if (key !== '') void gateway.useKey(key);
  };
  return (
    <form
      class="key-form"
      onSubmit={(event) => {
        event.preventDefault();
        use();
      }}
    >
      <h2>{words.keyTitle}</h2>
      <p id="key-text">{words.keyText}</p>
      <label for="api-key">{words.keyLabel}</label>
      <div class="key-row">
        <input
          id="api-key"
          ref={field}
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          aria-invalid={refused}
          aria-describedby="key-text key-refused"
        />
        <button type="submit" class="primary">
          {words.keyUse}
        </button>
      </div>
      <p id="key-refused" class="warning" role="alert">
        {refused && words.keyRefused}
      </p>
    </form>
  );
}
