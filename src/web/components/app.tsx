import { useEffect, useMemo, useState } from 'preact/hooks';
import { chinese } from '../language/chinese.ts';
import { createFormat } from '../language/create-format.ts';
import type { Language } from '../language/dictionary.ts';
import { english } from '../language/english.ts';
import { PageProvider, type PageContext } from './page-context.ts';
import { Page } from './page.tsx';

/** The whole page in one language, with the switch to the other. */
export function App({ initialLanguage, onLanguage, conversation, gateway }: AppProps) {
  const [language, setLanguage] = useState(initialLanguage);
  const context = useMemo(
    () => ({ language, words: wordsOf(language), format: createFormat(language), conversation, gateway }),
    [language, conversation, gateway],
  );
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    document.title = wordsOf(language).title;
  }, [language]);
  const switchLanguage = () => {
    const next = language === 'zh' ? 'en' : 'zh';
    onLanguage(next);
    setLanguage(next);
  };
  return (
    <PageProvider value={context}>
      <Page onSwitchLanguage={switchLanguage} />
    </PageProvider>
  );
}

interface AppProps extends Pick<PageContext, 'conversation' | 'gateway'> {
  readonly initialLanguage: Language;
  readonly onLanguage: (language: Language) => void;
}

function wordsOf(language: Language) {
  return language === 'zh' ? chinese : english;
}
