/** Settings are exported from one box and restored on it or another: what is taken, what is refused, and that a refusal changes nothing. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import type { Voice } from '../../src/console/voice.ts'
import { readFolder } from '../../src/setup/disk.ts'
import { exportSettings } from '../../src/setup/export.ts'
import { type Folder, isSecret } from '../../src/setup/folder.ts'
import { draftOf } from '../../src/config/read.ts'
import { restoreSettings } from '../../src/setup/restore.ts'
import { setup } from '../../src/setup/setup.ts'
import { settingsOf } from '../../src/setup/settings.ts'
import { facts, makeWorld, type World } from './world.ts'

const answers = new Map([
  ['hostname', 'moriah.shire.lan'],
  ['lan', '192.168.1.1/24'],
  ['dhcp', 'yes'],
  ['modem', '/dev/ttyS1'],
  ['speed', '115200'],
  ['numbers', '0845'],
  ['isp.user', 'shofar'],
  ['isp.password', 's3cret'],
  ['smarthost', 'smtp.isp.example'],
  ['smarthost.user', '-'],
  ['appearance', 'shofar.isp.example'],
  ['people', 'eddy:1000'],
  ['postmaster', 'eddy'],
  ['boxes', '1'],
  ['box.1.host', 'pop.isp.example'],
  ['box.1.user', 'shofar'],
  ['box.1.password', 's3cret'],
  ['box.1.whose', 'eddy'],
  ['time', '-'],
  ['zone', '-'],
])

function house(t: TestContext, how: { readonly box?: boolean } = {}): World {
  const world = makeWorld(how)
  t.after(() => world.remove())
  assert.deepEqual(world.keeper.replace(settingsOf(answers, facts, (name) => world.keeper.pathOf(name), new Map())), { former: undefined })
  return world
}

function heard(lines?: readonly string[]): { readonly voice: Voice; readonly said: string[]; readonly complaints: string[] } {
  const [said, complaints, typed]: [string[], string[], string[]] = [[], [], [...(lines ?? [])]]
  const voice: Voice = {
    say: (text) => said.push(text),
    complain: (text) => complaints.push(text),
    ask: async () => false,
    ...(lines ? { read: async () => typed.shift() } : {}),
    signal: new AbortController().signal,
  }
  return { voice, said, complaints }
}

const save = (): void => assert.fail('nothing is to be saved')

function exported(world: World, secrets: boolean): string {
  const { voice, said } = heard()
  assert.equal(exportSettings(world.keeper, { secrets, save }, voice), 0)
  return `${said.join('\n')}\n`
}

async function restored(world: World, text: string, lines?: readonly string[]) {
  const ears = heard(lines)
  const code = await restoreSettings(world.keeper, lines ? undefined : { file: '/media/export', open: () => text }, ears.voice)
  return { code, ...ears }
}

function folder(world: World): Folder {
  const read = readFolder(world.settings)
  assert.ok(!('trouble' in read))
  return read
}

test('all of it goes out and comes in again, by file or by hand, and the box is told', async (t) => {
  const world = house(t)
  const before = folder(world)
  const text = exported(world, true)
  for (const lines of [
    undefined,
    text.split('\n'),
    [
      ...text
        .split('\n')
        .slice(0, -2)
        .map((line) => `${line}  \r`),
      'end',
    ],
  ]) {
    writeFileSync(world.at('box'), 'spoilt')
    const { code, said, complaints } = await restored(world, text, lines)
    assert.deepEqual([code, complaints], [0, []])
    assert.match(said.join('\n'), /settings\.old\.\nThe box makes itself ready/)
    assert.deepEqual(folder(world), before)
    assert.equal(readFileSync(`${world.settings}.old/box`, 'utf8'), 'spoilt')
  }
  assert.deepEqual(world.asked, ['apply', 'apply', 'apply'])
})

test('with secrets it is said that they are there, and without, that they are not', (t) => {
  const world = house(t)
  for (const [secrets, said, shown] of [
    [true, /for everybody to read/, 2],
    [false, /3 files .* left out; --secrets/, 0],
  ] as const) {
    const { voice, said: text, complaints } = heard()
    assert.equal(exportSettings(world.keeper, { secrets, save }, voice), 0)
    assert.match(complaints.join('\n'), said)
    assert.equal(text.join('\n').split('s3cret').length - 1, shown)
    assert.equal(/PRIVATE KEY/.test(text.join('\n')), secrets)
  }
})

test('into a file it goes whole or not at all', (t) => {
  const world = house(t)
  const files = new Map<string, string>()
  const { voice, said } = heard()
  assert.equal(exportSettings(world.keeper, { file: '/media/x', secrets: false, save: (file, text) => files.set(file, text) }, voice), 0)
  assert.deepEqual([said, files.get('/media/x')], [['Written to /media/x.'], exported(world, false)])
  const full = heard()
  const fail = (): void => {
    throw Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' })
  }
  assert.equal(exportSettings(world.keeper, { file: '/media/x', secrets: false, save: fail }, full.voice), 69)
  assert.deepEqual(full.complaints.at(-1), 'dialpost: /media/x cannot be written (ENOSPC)')
})

test('without secrets in the export those that are here stay, and nothing else does', async (t) => {
  const world = house(t, { box: false })
  const text = exported(world, false)
  const before = folder(world)
  writeFileSync(world.at('stray'), '')
  writeFileSync(world.at('dialpost.d/isp'), 'n3wer\n')
  const { code, said } = await restored(world, text)
  assert.equal(code, 0)
  assert.match(said.join('\n'), /once dialpost is started again/)
  const now = folder(world)
  assert.equal(readFileSync(world.at('dialpost.d/isp'), 'utf8'), 'n3wer\n')
  assert.deepEqual([...now.keys()], [...before.keys()])
  for (const [name, file] of before)
    assert.ok(isSecret(name, file) || Buffer.from(file.octets).equals(now.get(name)?.octets ?? Buffer.alloc(0)), name)
})

test('a new box cannot do with an export that lacks passwords, and is not touched', async (t) => {
  const text = exported(house(t), false)
  const world = makeWorld()
  t.after(() => world.remove())
  const { code, complaints } = await restored(world, text)
  assert.equal(code, 65)
  assert.match(complaints.join('\n'), /made without dialpost\.d\/box-1, dialpost\.d\/isp, dialpost\.d\/lan\.pem, .*--secrets/)
  assert.deepEqual([[...folder(world)], world.asked], [[], []])
})

test('what does not pass check is named line by line, and nothing is changed', async (t) => {
  const world = house(t)
  const before = folder(world)
  writeFileSync(
    world.at('dialpost.toml'),
    readFileSync(world.at('dialpost.toml'), 'utf8').replace('postmaster = "eddy"', 'postmaster = "frodo"'),
  )
  const wrong = exported(world, true)
  writeFileSync(world.at('dialpost.toml'), before.get('dialpost.toml')?.octets ?? '')
  const { code, complaints } = await restored(world, wrong)
  assert.equal(code, 78)
  assert.match(complaints[0] ?? '', /^dialpost\.toml:5: postmaster: there is neither a user nor an alias "frodo"/)
  assert.match(complaints.at(-1) ?? '', /nothing is changed/)
  assert.deepEqual(folder(world), before)

  writeFileSync(world.at('box'), 'HOSTNAME=moriah.shire.lan\n')
  const poor = exported(world, true)
  writeFileSync(world.at('box'), before.get('box')?.octets ?? '')
  const other = await restored(world, poor)
  assert.equal(other.code, 78)
  assert.match(other.complaints[0] ?? '', /^box: there is no LAN_ADDRESS/)
  assert.deepEqual([folder(world), world.asked], [before, []])
})

test('an export that was cut, changed, or broken off while it was pasted changes nothing', async (t) => {
  const world = house(t)
  const before = folder(world)
  const text = exported(world, true)
  for (const { code, complaints } of [
    await restored(world, text.slice(0, 300)),
    await restored(world, text.replace('0845', '0846')),
    await restored(world, '', text.split('\n').slice(0, 7)),
    await restored(world, '', ['hello', 'end']),
  ]) {
    assert.equal(code, 65)
    assert.equal(complaints.length, 1)
  }
  assert.deepEqual([folder(world), world.asked], [before, []])
})

test('where nobody can paste, and where a file cannot be read, it is said what to do', async (t) => {
  const world = house(t)
  const dumb = heard()
  assert.equal(await restoreSettings(world.keeper, undefined, dumb.voice), 65)
  assert.match(dumb.complaints[0] ?? '', /dialpost restore FILE/)
  const gone = heard()
  const missing = (): string => {
    throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
  }
  assert.equal(await restoreSettings(world.keeper, { file: '/media/x', open: missing }, gone.voice), 65)
  assert.deepEqual(gone.complaints, ['dialpost: /media/x cannot be read (ENOENT)'])
})

test('a box without settings has none to export, and a folder of others is left alone', async (t) => {
  const empty = makeWorld()
  t.after(() => empty.remove())
  const { voice, complaints } = heard()
  assert.equal(exportSettings(empty.keeper, { secrets: false, save }, voice), 69)
  assert.match(complaints[0] ?? '', /no settings .* dialpost setup/)
  const world = house(t)
  const text = exported(world, true)
  mkdirSync(world.at('apt'))
  const refused = await restored(world, text)
  assert.deepEqual([refused.code, refused.complaints.length], [69, 1])
  assert.match(refused.complaints[0] ?? '', /there is apt in it/)
})

test('a box that is being set up can be given an export instead of answers, and whoever set it up goes on', async (t) => {
  const from = house(t)
  const world = makeWorld()
  t.after(() => world.remove())
  // Settings name files by where they are: the new computer has the old one's paths.
  const text = exported(from, true).replaceAll(from.root, world.root)
  const sum = createHash('sha256')
    .update(text.slice(0, text.indexOf('sha256 ')))
    .digest('hex')
  const { voice, said, complaints } = heard(['restore', ...text.replace(/^sha256 .*$/m, `sha256 ${sum}`).split('\n')])
  assert.equal(await setup(world.keeper, facts, draftOf, voice), 0, complaints.join('\n'))
  assert.match(said.at(-1) ?? '', /settings are in/)
  assert.deepEqual([[...folder(world).keys()], world.asked], [[...folder(from).keys()], []])
})

test('what a person wrote below the line stays when setup runs again, and must go together with what setup writes', async (t) => {
  const world = house(t)
  const below = '[call]\nmax_wait = "2h"\n'
  appendFileSync(world.at('dialpost.toml'), below)
  const once = heard(['6', '0846', 'y'])
  assert.equal(await setup(world.keeper, facts, draftOf, once.voice), 0)
  const text = readFileSync(world.at('dialpost.toml'), 'utf8')
  assert.match(text, /numbers = \["0846"\]/)
  assert.ok(text.endsWith(below))
  assert.equal(draftOf(text).call.max_wait, 2 * 60 * 60 * 1000)

  appendFileSync(world.at('dialpost.toml'), '[link]\nmode = "hooks"\n')
  const before = folder(world)
  const again = heard(['y'])
  assert.equal(await setup(world.keeper, facts, draftOf, again.voice), 78)
  assert.match(again.complaints[0] ?? '', /^dialpost\.toml:\d+: .*\[link\].* a second time/)
  assert.match(again.complaints.at(-1) ?? '', /do not pass dialpost check; nothing is changed/)
  assert.deepEqual(folder(world), before)
})

test('a key that people have come to trust stays while the names on it are right', async (t) => {
  const world = house(t)
  const key = readFileSync(world.at('dialpost.d/lan.pem'), 'utf8')
  assert.equal(await setup(world.keeper, facts, draftOf, heard(['6', '0846', 'y']).voice), 0)
  assert.equal(readFileSync(world.at('dialpost.d/lan.pem'), 'utf8'), key)
  assert.equal(await setup(world.keeper, facts, draftOf, heard(['2', '10.0.0.1/8', 'y']).voice), 0)
  assert.notEqual(readFileSync(world.at('dialpost.d/lan.pem'), 'utf8'), key)
})

test('a box that is no longer collected leaves no password behind, and files of others stay', async (t) => {
  const world = house(t)
  writeFileSync(world.at('dialpost.d/pin'), '1234\n', { mode: 0o600 })
  assert.equal(await setup(world.keeper, facts, draftOf, heard(['15', '0', 'y']).voice), 0)
  assert.deepEqual(
    [...folder(world).keys()].filter((name) => name.startsWith('dialpost.d/')),
    ['dialpost.d/isp', 'dialpost.d/lan.pem', 'dialpost.d/pin'],
  )
})

test('where nobody can answer, setup says so', async (t) => {
  const { voice, complaints } = heard()
  assert.equal(await setup(house(t).keeper, facts, draftOf, voice), 69)
  assert.match(complaints[0] ?? '', /run it on a terminal/)
})

test('who may not write there is told whose it must be', async (t) => {
  const world = house(t)
  const text = exported(world, true)
  const forbidden = {
    ...world.keeper,
    replace: () => {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES' })
    },
  }
  const { voice, complaints } = heard()
  assert.equal(await restoreSettings(forbidden, { file: 'x', open: () => text }, voice), 69)
  assert.match(complaints[0] ?? '', /EACCES: whoever does this must own .*settings and may write beside it/)
})
