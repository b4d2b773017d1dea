/** Files that were never meant to be read: nothing breaks, nothing takes long, and what comes out is still accepted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetchmailrcSettings } from '../../src/import/fetchmailrc.ts'
import { sendmailMcSettings } from '../../src/import/sendmail-mc.ts'

const many = (text: string, octets = 1_000_000): string => text.repeat(Math.ceil(octets / text.length))
const noise = (characters: string): string => {
  let state = 7
  return Array.from({ length: 300_000 }, () => characters[(state = (state * 48_271) % 2_147_483_647) % characters.length]).join('')
}

const files: Readonly<Record<string, string>> = {
  'one word': many('x'),
  'one blank': many(' '),
  'ends of lines': many('\n'),
  'one comment': `#${many('x')}`,
  'unterminated strings': many('"x\' '),
  'one string': `poll "${many('x')}"`,
  'a name with very many names': `poll x proto pop3 user u pass p to ${many('eddy=keith ')}`,
  'very many names': `poll x proto pop3 user u pass p to ${Array.from({ length: 60_000 }, (_, at) => `n${at}`).join(' ')}`,
  'very many aka': `poll x ${many('aka y.example ')} user u to a b`,
  'very many users': `poll x proto pop3 ${many('user é pass p is eddy here ', 600_000)}`,
  'very many other users': `poll x proto pop3 ${Array.from({ length: 20_000 }, (_, at) => `user ${'é'.repeat(1 + (at % 20))}${at} is a`).join(' ')}`,
  'very many servers': many('poll x ', 400_000),
  'very many set': many('set syslog '),
  'very many defaults': many('defaults '),
  'very many mistakes': many('poll poll '),
  quotes: many('`'),
  'quotes that close late': `${many('`', 400_000)}${many("'", 400_000)}`,
  'quotes that close': many("`x'"),
  parentheses: many('('),
  'calls that do not close': many('FEATURE('),
  'calls within calls': many('ifelse(a,a,`'),
  'very many arguments': `ifelse(${many('a,b,')})`,
  'very many features': many('FEATURE(x)'),
  'very many smarthosts': `define(SMART_HOST, relay:${many('h.example:')})`,
  'very many domains': many('MASQUERADE_DOMAIN(x.example y.example)\n'),
  'macros that double': `${Array.from({ length: 50 }, (_, at) => `define(\`A${at}_', \`A${at + 1}_ A${at + 1}_')`).join('')}A0_`,
  'a macro that is itself': "define(`A_', `A_ A_')A_",
  'lines of sendmail.cf': many('R$* $#x\n'),
  noise: noise('pol x"\'\\\n=#`(),dnFEATUR_$1[]'),
  'noise of all characters': noise(Array.from({ length: 0x250 }, (_, at) => String.fromCharCode(at)).join('')),
}

for (const [what, text] of Object.entries(files)) {
  test(what, () => {
    const begun = process.cpuUsage()
    for (const read of [fetchmailrcSettings, sendmailMcSettings]) {
      const settings = read(text)
      assert.ok('toml' in settings || settings.mistakes.length > 0)
    }
    const { user, system } = process.cpuUsage(begun)
    assert.ok(user + system < 4_000_000, `${(user + system) / 1000} ms of processor`)
  })
}
