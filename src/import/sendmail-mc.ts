/** A sendmail.mc as settings. What m4 makes of it is read; sendmail.cf is not. Pure. */
import { readM4 } from './m4.ts'
import type { Mistake } from './mistake.ts'
import { pageOf } from './page.ts'
import { type Given, readMc } from './sendmail-file.ts'
import { accept, acceptTls, hub, queue } from './sendmail-hub.ts'
import { masquerade, smarthosts } from './sendmail-isp.ts'

export function sendmailMcSettings(text: string): { readonly toml: string } | { readonly mistakes: readonly Mistake[] } {
  const m4 = readM4(text)
  if (m4.mistakes.length > 0) return { mistakes: m4.mistakes }
  const mc = readMc(m4)
  const client = mc.features.get('nullclient')
  if (client) return { toml: pageOf([nullclient(client)], [], mc.remarks) }
  const tables = [hub(mc), accept(mc), acceptTls(mc), ...smarthosts(mc), masquerade(mc), queue(mc)]
  return { toml: pageOf([preface], tables, mc.remarks) }
}

const preface =
  'What the sendmail.mc says, as settings of dialpost. What stands above the first [table] belongs to the top of the file; `dialpost check` says what is missing.'

function nullclient({ value, line }: Given): string {
  const hub = value === '' ? 'its hub' : value
  return `line ${line}: this is a nullclient, which hands everything to ${hub}. There is nothing to carry over: it stays as it is, and dialpost at ${hub} takes its letters.`
}
