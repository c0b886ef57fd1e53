// What the console says: in both languages, with the same names and the same values, and nowhere but in the files of texts.
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import ts from 'typescript'

const root = path.join(import.meta.dirname, '../..')
const sources = globSync('console/src/**/*.{ts,tsx}', { cwd: root, exclude: ['console/src/api/**'] }).sort()

/** Texts that are the same in both languages: names, signs, and words that both have. */
const sameInBoth = new Set<string>(JSON.parse(readFileSync(path.join(import.meta.dirname, 'same-in-both.json'), 'utf8')))

/** Properties whose values people hear or see. */
const spokenProperties = new Set(['title', 'aria-label', 'placeholder', 'alt', 'aria-description', 'aria-roledescription', 'aria-valuetext', 'label', 'caption', 'hint', 'lead', 'summary'])

/** One text: what it is in a language, and of how many values it is made. */
interface Text { text: string, arity: number | undefined }

const parse = (file: string) => ts.createSourceFile(file, readFileSync(path.join(root, file), 'utf8'), ts.ScriptTarget.Latest, true, file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS)

/** Every call of defineTexts in a source. */
function definitionsIn (source: ts.SourceFile): ts.ObjectLiteralExpression[] {
  const found: ts.ObjectLiteralExpression[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'defineTexts') {
      const [all] = node.arguments
      if (all !== undefined && ts.isObjectLiteralExpression(all)) found.push(all)
    }
    node.forEachChild(visit)
  }
  visit(source)
  return found
}

/** The texts of one language. @throws Error where they are no plain list */
function readTexts (all: ts.ObjectLiteralExpression, language: string): Map<string, Text> {
  const property = all.properties.find(each => each.name?.getText() === language)
  if (property === undefined || !ts.isPropertyAssignment(property) || !ts.isObjectLiteralExpression(property.initializer)) throw new Error(`no texts of ${language}`)
  return new Map(property.initializer.properties.map(each => {
    if (!ts.isPropertyAssignment(each)) throw new Error(`${each.getText()} is no text`)
    const { initializer } = each
    const isFunction = ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer)
    const literal = ts.isStringLiteralLike(initializer) ? initializer.text : initializer.getText()
    return [each.name.getText().replace(/^'|'$/g, ''), { text: literal, arity: isFunction ? initializer.parameters.length : undefined }]
  }))
}

/** Words in a source that are not in a file of texts. */
function wordsIn (source: ts.SourceFile): string[] {
  const found: string[] = []
  const isWord = (text: string) => /\p{L}/u.test(text)
  const tell = (node: ts.Node, text: string) => found.push(`${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${text.trim()}`)
  /** What an expression may say: its literals, and the fixed parts of its templates. */
  const literals = (node: ts.Node): Array<{ node: ts.Node, text: string }> => {
    if (ts.isStringLiteralLike(node)) return [{ node, text: node.text }]
    if (ts.isTemplateExpression(node)) return [node.head, ...node.templateSpans.map(span => span.literal)].map(part => ({ node: part, text: part.text }))
    if (ts.isConditionalExpression(node)) return [...literals(node.whenTrue), ...literals(node.whenFalse)]
    if (ts.isBinaryExpression(node) && [ts.SyntaxKind.PlusToken, ts.SyntaxKind.QuestionQuestionToken, ts.SyntaxKind.BarBarToken].includes(node.operatorToken.kind)) return [...literals(node.left), ...literals(node.right)]
    if (ts.isParenthesizedExpression(node)) return literals(node.expression)
    return []
  }
  const visit = (node: ts.Node): void => {
    // Names for programs and keys are the same in every language.
    if (ts.isJsxElement(node) && ['code', 'kbd', 'samp'].includes(node.openingElement.tagName.getText())) return
    if (ts.isJsxText(node) && isWord(node.text)) tell(node, node.text)
    if (ts.isJsxExpression(node) && node.expression !== undefined && !ts.isJsxAttribute(node.parent)) {
      for (const { node: place, text } of literals(node.expression)) if (isWord(text)) tell(place, text)
    }
    if (ts.isJsxAttribute(node) && spokenProperties.has(node.name.getText()) && node.initializer !== undefined) {
      const value = ts.isJsxExpression(node.initializer) ? node.initializer.expression : node.initializer
      for (const { node: place, text } of value === undefined ? [] : literals(value)) if (isWord(text)) tell(place, text)
    }
    if (ts.isCallExpression(node) && node.expression.getText() === 'announce') {
      const [said] = node.arguments
      for (const { node: place, text } of said === undefined ? [] : literals(said)) if (isWord(text)) tell(place, text)
    }
    node.forEachChild(visit)
  }
  visit(source)
  return found
}

t.test('every text is there in both languages', async t => {
  const files = sources.filter(file => definitionsIn(parse(file)).length > 0)
  t.ok(files.includes('console/src/texts.ts') && files.includes('console/src/pages/settings/texts.ts'))
  const same = new Set<string>()
  for (const file of files) {
    t.match(path.basename(file), /texts\.ts$/, `${file}: texts are defined in files of texts`)
    for (const all of definitionsIn(parse(file))) {
      const english = readTexts(all, 'en')
      const french = readTexts(all, 'fr')
      t.strictSame([...french.keys()].toSorted(), [...english.keys()].toSorted(), file)
      for (const [name, { text, arity }] of english) {
        const other = french.get(name)
        t.ok(text.trim() !== '' && other?.text.trim() !== '', `${file}: ${name} says something`)
        t.equal(other?.arity, arity, `${file}: ${name} is made of as many values`)
        if (other?.text === text) same.add(text)
      }
    }
  }
  t.strictSame([...same].filter(text => !sameInBoth.has(text)), [], 'what is the same in both is known to be')
})

t.test('French is written as in French', async t => {
  for (const file of sources) {
    for (const all of definitionsIn(parse(file))) {
      for (const [name, { text }] of readTexts(all, 'fr')) {
        t.notMatch(text.replaceAll(/\$\{[^}]*\}/g, ''), /\p{L}'\p{L}/u, `${file}: ${name} has ’ and no '`)
      }
    }
  }
})

t.test('no words are anywhere else', async t => {
  const components = sources.filter(file => file.endsWith('.tsx'))
  t.ok(components.length > 10)
  t.strictSame(components.flatMap(file => wordsIn(parse(file))), [])
})

t.test('this would be seen', async t => {
  const source = (text: string) => ts.createSourceFile('x.tsx', text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX)
  for (const text of ['<p>Hello</p>', '<p>{x} é</p>', "<p title='Hello' />", "<img alt={'Hello'} />", "<p>{a ? 'yes' : texts.no}</p>", '<p aria-label={`$' + '{n} things`} />', "<p>{a ?? 'none'}</p>", "announce('Hello')"]) t.equal(wordsIn(source(text)).length, 1, text)
  for (const text of ['<p>{texts.hello}</p>', '<p> – {x} · 12 %</p>', '<p><code>/metrics</code> <kbd>Esc</kbd></p>', "<p class='hello' />", "<p title={texts.hello} lang='en' />", "<p>{x === 'yes' ? '✓' : ' '}</p>", 'announce(texts.hello)']) t.strictSame(wordsIn(source(text)), [], text)
})
