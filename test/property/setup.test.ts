/** Whatever a person answers: the settings pass `dialpost check`, come back as the same answers, and go out and in as the same octets. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { draftOf, readConfig } from '../../src/config/read.ts'
import { archiveOf, readArchive } from '../../src/setup/archive.ts'
import { begin } from '../../src/setup/dialogue.ts'
import { readFolder } from '../../src/setup/disk.ts'
import { earlierAnswers } from '../../src/setup/earlier.ts'
import { type Folder, textOf } from '../../src/setup/folder.ts'
import { halve } from '../../src/setup/halves.ts'
import { settingsOf } from '../../src/setup/settings.ts'
import { answers } from '../setup/answers.ts'
import { facts, makeWorld } from '../setup/world.ts'

const world = makeWorld()
after(() => world.remove())

function written(contents: Folder): Folder {
  const replaced = world.keeper.replace(contents)
  assert.ok('former' in replaced, JSON.stringify(replaced))
  const folder = readFolder(world.settings)
  assert.ok(!('trouble' in folder))
  return folder
}

test('any answers that are accepted become settings that check accepts, and are the same answers when they are read again', () => {
  let old: Folder = new Map()
  fc.assert(
    fc.property(answers, (all) => {
      const folder = written(settingsOf(all, facts, (name) => world.keeper.pathOf(name), old))
      old = folder
      const config = draftOf(halve(textOf(folder, 'dialpost.toml') ?? '').own)
      const again = earlierAnswers(folder, config)
      // Of a reader's password its word alone is kept.
      const hashed = [...all].filter(([name, value]) => name.startsWith('reader.') && !/^(-$|\{[A-Z0-9.-]+\})/.test(value))
      for (const [name] of hashed) assert.match(again.get(name) ?? '', /^\{PBKDF2\}/)
      assert.deepEqual(again, new Map([...all, ...hashed.map(([name]) => [name, again.get(name)] as const)]))
      assert.equal(begin(again, facts).state.at, undefined, 'whoever comes again begins with the summary')
    }),
    { numRuns: 60 },
  )
})

test('what is typed as a password or a name is what the daemon reads', () => {
  fc.assert(
    fc.property(answers, (all) => {
      written(settingsOf(all, facts, (name) => world.keeper.pathOf(name), new Map()))
      const read = readConfig(world.file, { at: (path) => (path.startsWith(world.root) ? path : world.root + path) })
      assert.ok('config' in read)
      const [box] = read.config.mailbox
      if (box) {
        assert.equal(box.user, all.get('box.1.user'))
        assert.equal(box.password?.reveal(), all.get('box.1.password'))
      }
    }),
    { numRuns: 30 },
  )
})

const octets = fc.uint8Array({ maxLength: 300 })
const text = fc.array(
  fc.constantFrom(
    'a',
    ' ',
    '\n',
    '\r\n',
    '|',
    'end\n',
    'file 600 text x\n',
    'sha256 \n',
    '\t',
    'é',
    '\x00',
    '\u2028',
    '+',
    'words '.repeat(20),
    ' '.repeat(50),
    '字'.repeat(50),
  ),
  { maxLength: 20 },
)
const folders: fc.Arbitrary<Folder> = fc
  .dictionary(
    fc.stringMatching(/^(?:dialpost\.d\/)?[A-Za-z0-9_][A-Za-z0-9_.+@~-]{0,10}$/).filter((name) => name !== 'dialpost.d'),
    fc.record({
      mode: fc.integer({ min: 0, max: 0o777 }),
      octets: fc.oneof(
        octets,
        text.map((parts) => Buffer.from(parts.join(''))),
      ),
    }),
  )
  .map((files) => new Map(Object.entries(files)))

test('what is exported is restored octet by octet, whatever a terminal does to line ends, and a changed character is noticed', () => {
  fc.assert(
    fc.property(folders, fc.nat(), (folder, at) => {
      const exported = archiveOf(folder, { secrets: true, of: 'moriah.shire.lan' })
      for (const way of [exported, exported.replaceAll('\n', '\r\n'), `$ dialpost export\n${exported}$ `]) {
        const back = readArchive(way)
        assert.ok('folder' in back, JSON.stringify(back))
        assert.deepEqual(back.without, [])
        assert.deepEqual(plain(back.folder), plain(folder))
      }
      const place = at % exported.lastIndexOf('\nsha256')
      const changed = `${exported.slice(0, place)}${exported[place] === 'x' ? 'y' : 'x'}${exported.slice(place + 1)}`
      assert.ok('trouble' in readArchive(changed))
      assert.ok('trouble' in readArchive(exported.slice(0, place)))
    }),
    { numRuns: 300 },
  )
})

function plain(folder: Folder): Readonly<Record<string, string>> {
  return Object.fromEntries([...folder].map(([name, { mode, octets: all }]) => [name, `${mode} ${Buffer.from(all).toString('hex')}`]))
}
