import { usePage, useStore } from './page-context.ts';

/** Its name is a promise: it quotes, and people should know that before they ask. */
const EXTRACTIVE_MODEL = 'glassgate-extractive';

/** What a newcomer sees: what this is, what answers, and questions to begin with. */
export function Welcome({ onAsk }: { readonly onAsk: (question: string) => void }) {
  const { words, gateway } = usePage();
  const { model } = useStore(gateway);
  const answeredBy = model === EXTRACTIVE_MODEL ? words.extractive : model && words.generative(model);
  return (
    <section class="welcome" aria-labelledby="welcome-title">
      <h2 id="welcome-title">{words.welcomeTitle}</h2>
      <p>{words.welcomeText}</p>
      <ul class="suggestions">
        {words.suggestions.map((question) => (
          <li key={question}>
            <button type="button" onClick={() => onAsk(question)}>
              {question}
            </button>
          </li>
        ))}
      </ul>
      {answeredBy && <p class="answered-by">{answeredBy}</p>}
    </section>
  );
}
