import { expandTemplate, readGrammar, type Grammar } from './grammar.ts';
import { createRandom } from './logistic-regression.ts';
import type { LabelledText } from './sources.ts';

/** How the examples of our own are drawn. */
export interface OwnExamplesOptions {
  readonly grammarFolder: URL;
  /** Texts drawn from a template of attacks; the other kinds are multiples of it. */
  readonly drawsOfTemplate: number;
  readonly seed: number;
}

/** A text of our own and the number of the template it came from, so that templates can be left out as a whole. */
export interface OwnExample extends LabelledText {
  readonly template: number;
}

/** Every so many texts are written in lower case throughout. */
const LOWER_CASE_SHARE = 0.1;
const LONGEST_COMPOSITION = 8;

/** Draws attacks and harmless texts with the same words in both languages; the same seed draws the same texts. */
export function drawOwnExamples(options: OwnExamplesOptions): OwnExample[] {
  const painter = new Painter(options);
  for (const language of ['en', 'zh'] as const) painter.drawLanguage(language);
  painter.drawOtherLanguages();
  return [...painter.examples.values()];
}

type Kind = LabelledText['kind'];

interface Drawing {
  readonly isInjection: boolean;
  readonly language: 'en' | 'zh';
  readonly kind: Kind;
}

class Painter {
  readonly examples = new Map<string, OwnExample>();
  private readonly random: () => number;
  private readonly options: OwnExamplesOptions;
  private template = 0;

  constructor(options: OwnExamplesOptions) {
    this.options = options;
    this.random = createRandom(options.seed);
  }

  drawLanguage(language: 'en' | 'zh'): void {
    const attacks = this.grammar(`attacks-${language}`);
    const benign = this.grammar(`benign-${language}`);
    const prose = withSentences(this.grammar(`prose-${language}`));
    const triggers = this.grammar(`triggers-${language}`);
    this.drawSection(attacks, 'direct', { isInjection: true, language, kind: 'direct' }, 1);
    this.drawSection(attacks, 'jailbreak', { isInjection: true, language, kind: 'jailbreak' }, 1);
    this.drawSection(benign, 'direct', { isInjection: false, language, kind: 'direct' }, 2);
    this.drawSection(benign, 'over-defence', { isInjection: false, language, kind: 'over-defence' }, 1.5);
    this.drawSection(prose, 'task', { isInjection: false, language, kind: 'over-defence' }, 6);
    this.drawSection(triggers, 'trigger', { isInjection: false, language, kind: 'over-defence' }, 4);
    this.drawSection(triggers, 'notice', { isInjection: false, language, kind: 'indirect' }, 9);
    this.drawCompositions(language, { attacks, benign, prose });
    this.drawDocuments(language, { attacks, benign, prose });
  }

  drawOtherLanguages(): void {
    const others = this.grammar('other-languages');
    this.drawSection(others, 'direct', { isInjection: true, language: 'en', kind: 'direct' }, 1);
    this.drawSection(others, 'benign', { isInjection: false, language: 'en', kind: 'direct' }, 1);
  }

  private grammar(name: string): Grammar {
    return readGrammar(new URL(`${name}.txt`, this.options.grammarFolder));
  }

  private drawSection(grammar: Grammar, section: string, drawing: Drawing, times: number): void {
    for (const template of grammar.sections.get(section) ?? []) {
      this.template += 1;
      for (let draw = 0; draw < this.options.drawsOfTemplate * times; draw += 1)
        this.keep(this.withCase(this.expand(template, grammar)), drawing);
    }
  }

  /** Texts of several sentences, and every second one again with an attack in it. */
  private drawCompositions(language: 'en' | 'zh', { attacks, benign, prose }: Record<string, Grammar>): void {
    if (attacks === undefined || benign === undefined || prose === undefined) return;
    const drawing = { language, kind: 'indirect' } as const;
    for (let draw = 0; draw < this.options.drawsOfTemplate * 40; draw += 1) {
      if (draw % 20 === 0) this.template += 1;
      const shareOfProse = this.random();
      const sentences = Array.from({ length: 1 + this.below(LONGEST_COMPOSITION) }, () =>
        this.random() < shareOfProse
          ? this.drawOf(prose, ['sentence'])
          : this.drawOf(benign, ['over-defence', 'direct', 'innocent']),
      );
      const gap = this.random() < 0.15 ? '\n' : language === 'en' ? ' ' : '';
      this.keep(sentences.join(gap), { isInjection: false, ...drawing });
      if (draw % 2 === 1) continue;
      const removed = this.below(2);
      sentences.splice(
        this.below(sentences.length + 1),
        removed,
        this.drawOf(attacks, ['direct', 'payload']),
      );
      this.keep(sentences.join(gap), { isInjection: true, ...drawing });
    }
  }

  /** Documents with a place for one sentence, which is once an attack and once not. */
  private drawDocuments(language: 'en' | 'zh', { attacks, benign, prose }: Record<string, Grammar>): void {
    if (attacks === undefined || benign === undefined || prose === undefined) return;
    const carriers = this.grammar(`carriers-${language}`);
    const varied = { ...carriers, slots: new Map([...carriers.slots, ...prose.slots]) };
    varied.slots.set('p1', prose.sections.get('sentence') ?? []);
    for (const template of carriers.sections.get('indirect') ?? []) {
      this.template += 1;
      for (let draw = 0; draw < this.options.drawsOfTemplate * 2; draw += 1) {
        const carrier = this.expand(template, this.random() < 0.7 ? varied : carriers);
        const attack = this.drawOf(attacks, ['payload']);
        const innocent = this.drawOf(benign, ['innocent', 'innocent', 'over-defence']);
        const drawing = { language, kind: 'indirect' } as const;
        this.keep(
          carrier.replace('<slot>', () => attack),
          { isInjection: true, ...drawing },
        );
        this.keep(
          carrier.replace('<slot>', () => innocent),
          { isInjection: false, ...drawing },
        );
      }
    }
  }

  private drawOf(grammar: Grammar, sections: readonly string[]): string {
    const templates = sections.flatMap((section) => grammar.sections.get(section) ?? []);
    return this.expand(templates[this.below(templates.length)] ?? '', grammar).trim();
  }

  private expand(template: string, { slots }: Grammar): string {
    return expandTemplate(template, slots, this.random);
  }

  private withCase(text: string): string {
    return this.random() < LOWER_CASE_SHARE ? text.toLowerCase() : text;
  }

  private below(count: number): number {
    return Math.floor(this.random() * count);
  }

  private keep(text: string, drawing: Drawing): void {
    if (this.examples.has(text)) return;
    const source = drawing.isInjection ? 'own attacks' : 'own harmless texts';
    this.examples.set(text, { text, ...drawing, source, template: this.template });
  }
}

function withSentences(prose: Grammar): Grammar {
  const slots = new Map(prose.slots).set('sentence', prose.sections.get('sentence') ?? []);
  return { slots, sections: prose.sections };
}
