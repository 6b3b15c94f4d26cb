import LOOKALIKES from 'unhomoglyph/data.json' with { type: 'json' };
import { SIMPLIFIED_OF_TRADITIONAL } from '../classifier/traditional-characters.ts';
import { edited, editsFor, type View } from './view.ts';

/** Characters that are drawn as nothing (Unicode's own list) and split words for a filter but not for a model. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
/** Accents and strokes drawn over or through a letter. */
// oxlint-disable-next-line no-misleading-character-class -- each mark for itself, whatever letter it stands on
const STACKED = /[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g;
/** What the table of look-alikes lacks or maps to another letter than the plain one, each followed by its plain one. */
const SMALL_CAPITALS = 'ᴀaʙbᴄcᴅdᴇeꜰfɢgʜhᴊjᴋkʟlᴍmɴnᴏoᴘpʀrꜱsᴛtᴜuᴠvᴡwʏyᴢzĸkʍmηnπn';
const TYPOGRAPHY = '‘\'’\'“"”"–-—-';
/** So many characters one may become. */
const MAX_EXPANSION = 4;
/** Room for every character a text of many scripts uses; emptied when full, so that it stays small. */
const MAX_KNOWN = 16_384;
/** Plain ASCII, common ideographs and the two Chinese signs that have no other form need no folding. */
const FOLDABLE = foldablePattern();

const known = new Map<string, string>();
const table = lookalikeTable();

/**
 * A text without its disguise: invisible characters and accents out, compatibility forms (full-width letters among them),
 * look-alikes of Latin letters and Traditional characters as their plain ones. Case stays, since base64 needs it; lower
 * case afterwards never changes a length. Gives the view itself when there is nothing to fold.
 */
export function folded(view: View): View {
  if (!FOLDABLE.test(view.text)) return view;
  const edits = editsFor(view.text, new RegExp(FOLDABLE, 'gu'), foldRun);
  return edits.length === 0 ? view : edited(view, view.kind === 'plain' ? 'folded' : view.kind, edits);
}

function foldRun(run: string): string {
  let text = '';
  for (const character of run) {
    let plain = known.get(character);
    if (plain === undefined) {
      plain = foldCharacter(character);
      if (known.size >= MAX_KNOWN) known.clear();
      known.set(character, plain);
    }
    text += plain;
  }
  return text;
}

function foldCharacter(character: string): string {
  if (/[\u2028\u2029\u0085]/.test(character)) return '\n';
  const regional = (character.codePointAt(0) ?? 0) - 0x1f1e6;
  if (regional >= 0 && regional < 26) return String.fromCharCode(0x61 + regional);
  const bare = character.normalize('NFKD').replace(INVISIBLE, '').replace(STACKED, '').normalize('NFC');
  // One character may stand for a whole sentence; as many words as that are no disguise of a letter.
  if (bare.length > MAX_EXPANSION) return character;
  const plain = Array.from(bare, (letter) => table.get(letter) ?? letter).join('');
  const lower = plain.toLowerCase();
  return lower.length === plain.length ? plain : lower;
}

/** Look-alikes of one ASCII letter or digit; what looks like something else stays what it is. */
function lookalikeTable(): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const [from, to] of Object.entries(LOOKALIKES))
    if (/^[a-z0-9]$/i.test(to) && /^[^\p{ASCII}\p{Script=Han}]$/u.test(from)) pairs.set(from, to);
  for (const pair of pairsOf(SMALL_CAPITALS + TYPOGRAPHY)) pairs.set(...pair);
  // Cyrillic and Greek letters that look like small capitals.
  for (const [from, to] of Object.entries(LOOKALIKES)) {
    const small = pairs.get(to);
    if (small !== undefined && !pairs.has(from) && /^\P{ASCII}$/u.test(from)) pairs.set(from, small);
  }
  for (const pair of pairsOf(SIMPLIFIED_OF_TRADITIONAL)) pairs.set(...pair);
  return pairs;
}

function pairsOf(characters: string): readonly (readonly [string, string])[] {
  const all = Array.from(characters);
  return all.flatMap((from, index) => (index % 2 === 0 ? [[from, all[index + 1] ?? from] as const] : []));
}

function foldablePattern(): RegExp {
  const traditional = pairsOf(SIMPLIFIED_OF_TRADITIONAL).map(([from]) => from);
  return new RegExp(`[\\u0080-\\u3000\\u3003-\\u4dff\\ua000-\\u{10ffff}${traditional.join('')}]+`, 'u');
}
