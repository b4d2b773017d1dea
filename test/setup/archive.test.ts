/** The text of an export: how it looks, and what is said of one that has come to harm. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { cells } from '../../src/console/cells.ts'
import { archiveOf, readArchive } from '../../src/setup/archive.ts'
import type { Folder } from '../../src/setup/folder.ts'

const folder: Folder = new Map([
  ['dialpost.toml', { mode: 0o644, octets: Buffer.from('hostname = "moriah.shire.lan"\n\n# é\n') }],
  ['box', { mode: 0o640, octets: Buffer.from('') }],
  ['dialpost.d/isp', { mode: 0o600, octets: Buffer.from('s3cret\n') }],
  ['dialpost.d/odd', { mode: 0o600, octets: Buffer.from('s3cret without end') }],
  ['dialpost.d/known', { mode: 0o644, octets: Buffer.from('blank at the end \n') }],
])

const exported = archiveOf(folder, { secrets: true, of: 'moriah.shire.lan' })

/** With the sum that it should have. */
function summed(...lines: readonly string[]): string {
  const sum = createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex')
  return [...lines, `sha256 ${sum}`, 'end', ''].join('\n')
}

test('text is to be read, and what a terminal might spoil is not text', () => {
  assert.equal(
    exported,
    summed(
      'dialpost settings 1 moriah.shire.lan',
      'file 640 text box',
      'file 600 text dialpost.d/isp',
      '|s3cret',
      'file 644 base64 dialpost.d/known',
      `|${Buffer.from('blank at the end \n').toString('base64')}`,
      'file 600 base64 dialpost.d/odd',
      `|${Buffer.from('s3cret without end').toString('base64')}`,
      'file 644 text dialpost.toml',
      '|hostname = "moriah.shire.lan"',
      '|',
      '|# é',
    ),
  )
})

test('no row is too long for a terminal, and none ends with a blank', () => {
  const [short, long] = ['x'.repeat(77), `${'a '.repeat(60)}字字${'b'.repeat(200)}`]
  const octets = Buffer.from(`${short}\n${long}\n`)
  const rows = archiveOf(new Map([['box', { mode: 0o644, octets }]]), { secrets: true, of: '' }).split('\n')
  assert.deepEqual(rows.slice(1, 3), ['file 644 text box', `|${short}`])
  assert.ok(
    rows.every((row) => cells(row) <= 78 && !row.endsWith(' ')),
    rows.join('\n'),
  )
  assert.deepEqual(
    rows.slice(3, -3).map((row) => row[0]),
    ['|', '+', '+', '+', '+'],
  )
  const back = readArchive(rows.join('\n'))
  assert.ok('folder' in back && octets.equals(back.folder.get('box')?.octets ?? Buffer.of()))
})

test('without secrets they are named, not shown; what everybody may read is none', () => {
  const bare = archiveOf(folder, { secrets: false, of: '' })
  assert.doesNotMatch(bare, /s3cret|czNjcmV0/)
  const read = readArchive(bare)
  assert.ok('folder' in read)
  assert.deepEqual(
    [read.without, [...read.folder.keys()]],
    [
      ['dialpost.d/isp', 'dialpost.d/odd'],
      ['box', 'dialpost.d/known', 'dialpost.toml'],
    ],
  )
})

const harm: readonly [what: string, text: string, said: RegExp][] = [
  ['something else', 'hello\n', /no export/],
  ['nothing', '', /no export/],
  ['cut off', exported.slice(0, -5), /cut off/],
  ['cut off in the middle', exported.slice(0, 100), /cut off/],
  ['a line lost', exported.replace('|s3cret\n', ''), /sum/],
  ['a blank at the end of a line', exported.replace('|s3cret\n', '|s3cret \n'), /sum/],
  ['without a sum', 'dialpost settings 1\nend\n', /sum/],
  ['a later form', exported.replace('settings 1', 'settings 2'), /no export/],
  ['a name that leads elsewhere', summed('dialpost settings 1', 'file 600 text ../../etc/passwd', '|x'), /what does this line mean/],
  ['a name that is absolute', summed('dialpost settings 1', 'file 600 text /etc/passwd', '|x'), /what does this line mean/],
  ['a folder within', summed('dialpost settings 1', 'file 600 text dialpost.d/a/b', '|x'), /what does this line mean/],
  ['a hidden file', summed('dialpost settings 1', 'file 600 text .profile', '|x'), /what does this line mean/],
  ['a file that is the folder', summed('dialpost settings 1', 'file 600 text dialpost.d', '|x'), /what does this line mean/],
  ['more rights than there are', summed('dialpost settings 1', 'file 4755 text box', '|x'), /what does this line mean/],
  ['a file twice', summed('dialpost settings 1', 'file 600 text box', '|x', 'file 600 text box', '|y'), /what does this line mean/],
  ['a stray line', summed('dialpost settings 1', 'file 600 text box', 'x'), /what does this line mean/],
]

for (const [what, text, said] of harm) {
  test(`an export that is ${what} is refused`, () => {
    const read = readArchive(text)
    assert.ok('trouble' in read)
    assert.match(read.trouble, said)
  })
}
