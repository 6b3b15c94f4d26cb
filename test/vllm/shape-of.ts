/** What a JSON value is made of: keys and types; what it says does not matter, except in the fields named. */
export type Shape = string | { readonly [key: string]: Shape } | readonly Shape[];

/** Values that a program decides by, so that they are part of the shape. */
const DECISIVE = new Set(['object', 'type', 'param', 'code', 'role', 'finish_reason']);

/** Describes a value; a list is described by the different shapes in it, in order of their text. */
export function shapeOf(value: unknown, key = ''): Shape {
  if (Array.isArray(value)) return distinct(value.map((item) => shapeOf(item)));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([name, item]) => [name, shapeOf(item, name)] as const);
    return Object.fromEntries(entries);
  }
  if (value === null) return 'null';
  return DECISIVE.has(key) ? `${typeof value} ${JSON.stringify(value)}` : typeof value;
}

/** Each shape once. */
export function distinct(shapes: readonly Shape[]): Shape[] {
  const byText = new Map(shapes.map((shape) => [JSON.stringify(shape), shape]));
  return [...byText.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, shape]) => shape);
}
