import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

type Declarations = ReadonlyMap<string, readonly ts.Node[]>;

/** Names of the fields that log calls of the program write out, read from its sources; names that are constants are not here. */
export function loggedFields(root: string): ReadonlySet<string> {
  const fields = new Set<string>();
  for (const file of globSync('src/**/*.ts', { cwd: root })) {
    if (/\.test\.ts$|__fixtures__/.test(file)) continue;
    const source = ts.createSourceFile(
      file,
      readFileSync(join(root, file), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    const declared = declarationsOf(source);
    for (const call of logCalls(source)) {
      if (call.arguments[1] !== undefined) addFields(call.arguments[1], declared, fields);
    }
  }
  return fields;
}

function logCalls(node: ts.Node): ts.CallExpression[] {
  const inside: ts.CallExpression[] = [];
  ts.forEachChild(node, (child) => void inside.push(...logCalls(child)));
  return isLogCall(node) ? [node, ...inside] : inside;
}

function isLogCall(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && /^log\.(?:info|warn|error)$/.test(node.expression.getText());
}

/** What the names of a file stand for, each everywhere it is declared: the value of a constant, or the body of a function. */
function declarationsOf(source: ts.SourceFile): Declarations {
  const declared = new Map<string, ts.Node[]>();
  const add = (name: string, value: ts.Node): void => {
    declared.set(name, [...(declared.get(name) ?? []), value]);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined)
      add(node.name.getText(), node.initializer);
    if (ts.isFunctionDeclaration(node) && node.name !== undefined && node.body !== undefined)
      add(node.name.text, node.body);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return declared;
}

/** Follows what is spread, chosen, called or named, not what a field's value is made of. */
function addFields(node: ts.Node, declared: Declarations, fields: Set<string>): void {
  if (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) {
    if (!ts.isComputedPropertyName(node.name)) fields.add(node.name.text);
    return;
  }
  const named = ts.isCallExpression(node) ? node.expression : node;
  if (ts.isIdentifier(named)) {
    const rest = new Map(declared);
    rest.delete(named.text);
    for (const target of declared.get(named.text) ?? []) addFields(target, rest, fields);
    return;
  }
  ts.forEachChild(node, (child) => addFields(child, declared, fields));
}
