/** What a sendmail.mc means: what Debian's m4 makes of it, with sendmail's own macros, has in its sendmail.cf what we read out of it. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readM4 } from '../../src/import/m4.ts'
import { type Mc, readMc } from '../../src/import/sendmail-file.ts'
import { makeFolder, missing, run } from './room.ts'

const fixtures = join(import.meta.dirname, '../fixtures/import')
const files = readdirSync(fixtures).filter((file) => file.endsWith('.mc'))

/** A snippet that the talk's hub has besides: m4's finer points. */
const snippets: readonly string[] = [
  "define(`_A', `a.example')dnl\nMASQUERADE_AS(_A)dnl\nMASQUERADE_DOMAIN(`_A b.'_A)dnl\n",
  "dnl MASQUERADE_AS(`no')\n# MASQUERADE_AS(`nor')\nMASQUERADE_AS( `a.example')dnl define(`SMART_HOST', `no')\n",
  "define(`_X')ifdef(`_X', `define(`SMART_HOST', ``a.example'')', `define(`SMART_HOST', `b.example')')dnl\n",
  "ifelse(`a', `b', `MASQUERADE_AS(`a.example')', `c', `c', `MASQUERADE_AS(`c.example')')dnl\n",
  "divert(-1)\nThis isn't read, but define(`SMART_HOST', `h.example') is\ndivert(0)dnl\n",
  "changequote([, ])dnl\ndefine([SMART_HOST], [h.example])dnl\nchangequote([`], ['])dnl\nMASQUERADE_AS(`m.example')dnl\n",
  "changequote([, ])dnl\ndefine([SMART_HOST], [h.[`x']])dnl\nchangequote dnl\nMASQUERADE_AS(`m.example')dnl\n",
  "divert(-1)\nMASQUERADE_AS(`m.example')\ndivert dnl\n",
  "define(`_F', `MASQUERADE_AS(`$1.$2')')_F(`a', example)dnl\n",
  "define(`confPRIVACY_FLAGS',dnl a comment, with ( and `\n`goaway')dnl\n",
  "define(`SMART_HOST', `relay:[a.example]')dnl\nundefine(`SMART_HOST')dnl\nEXPOSED_USER(`root eddy')dnl\nLOCAL_DOMAIN(`a b')dnl\nLOCAL_DOMAIN(`c')dnl\n",
]

const around = (text: string): string =>
  `include(\`/usr/share/sendmail/cf/m4/cf.m4')dnl\nOSTYPE(\`linux')dnl\n${text}MAILER(\`local')dnl\nMAILER(\`smtp')dnl\n`

for (const [what, text] of [
  ...files.map((file) => [file, readFileSync(join(fixtures, file), 'utf8')] as const),
  ...snippets.map((text) => [JSON.stringify(text.slice(0, 60)), around(text)] as const),
])
  test(`${what} is what m4 makes of it`, { skip: missing('sendmail') }, async () => {
    const cf = await made(text)
    const { pieces, mistakes } = readM4(text)
    assert.deepEqual(mistakes, [])
    const ours = readMc({ pieces, mistakes })
    for (const [name, pattern] of Object.entries(defines)) {
      const given = ours.defines.get(name)
      if (given) assert.equal(found(cf, pattern).at(-1), given.value, name)
    }
    // The file of DOMAIN and sendmail itself name some as well, and a nullclient masks itself.
    for (const [name, pattern] of Object.entries(lists)) {
      const [theirs, mine] = [found(cf, pattern), listed(ours, name)]
      const added = ours.features.has('nullclient') || name === 'EXPOSED_USER' || name === 'LOCAL_DOMAIN'
      assert.deepEqual(added ? theirs.filter((value) => mine.includes(value)) : theirs, mine, name)
    }
  })

const defines: Readonly<Record<string, RegExp>> = {
  SMART_HOST: /^DS(.*)$/gm,
  confDOMAIN_NAME: /^Dj(.*)$/gm,
  confMAX_MESSAGE_SIZE: /^O MaxMessageSize=(.*)$/gm,
  confMAX_HOP: /^O MaxHopCount=(.*)$/gm,
  confTO_QUEUEWARN: /^O Timeout.queuewarn=(.*)$/gm,
  confTO_QUEUERETURN: /^O Timeout.queuereturn=(.*)$/gm,
  confDOUBLE_BOUNCE_ADDRESS: /^O DoubleBounceAddress=(.*)$/gm,
  confPRIVACY_FLAGS: /^O PrivacyOptions=(.*)$/gm,
  confSERVER_CERT: /^O ServerCertFile=(.*)$/gm,
  confSERVER_KEY: /^O ServerKeyFile=(.*)$/gm,
  ALIAS_FILE: /^O AliasFile=(.*)$/gm,
}

const lists: Readonly<Record<string, RegExp>> = {
  MASQUERADE_AS: /^DM(.+)$/gm,
  MASQUERADE_DOMAIN: /^C\{M\}(.*)$/gm,
  EXPOSED_USER: /^C\{E\}(.*)$/gm,
  LOCAL_DOMAIN: /^(?:C\{w\}|Cw)(.*)$/gm,
  RELAY_DOMAIN: /^C\{R\}(.*)$/gm,
}

function found(cf: string, pattern: RegExp): readonly string[] {
  return [...cf.matchAll(pattern)].flatMap(([, value = '']) => (value.trim() === '' ? [] : [value.trim()]))
}

function listed({ lists: all }: Mc, name: string): readonly string[] {
  return (all.get(name) ?? []).map(({ value }) => value.trim())
}

async function made(text: string): Promise<string> {
  const folder = await makeFolder()
  try {
    await mkdir(join(folder.path, 'm4'))
    await writeFile(join(folder.path, 'm4/dialup.m4'), '')
    await writeFile(join(folder.path, 'hub.mc'), text)
    const options = { folder: folder.path, mounts: { '/etc/mail': folder.path } }
    const script = 'cd /usr/share/sendmail/cf/cf && m4 -D_CF_DIR_=/usr/share/sendmail/cf/ /etc/mail/hub.mc'
    const { code, out, err } = await run('sendmail', options, ['/bin/sh', '-c', script])
    assert.equal(code, 0, err)
    return String(out)
  } finally {
    await folder.remove()
  }
}
