import assert from 'node:assert/strict'
import { test } from 'node:test'
import { receivedLine, withTrace, type Trace } from '../../src/collect/trace.ts'

const trace: Trace = {
  server: 'pop.isp.example [192.0.2.1]',
  hostname: 'moriah.shire.lan',
  protocol: 'POP3S',
  account: 'shofar',
  id: '4F2',
  recipients: [{ local: 'eddy', domain: 'shire.lan' }],
  by: 'multi-drop',
  date: 'Sat, 3 Jun 2000 20:58:31 +0100',
}

test('Received names one recipient, and never several', () => {
  assert.match(
    receivedLine(trace),
    /^Received: from pop\.isp\.example \[192\.0\.2\.1\]\r\n\tby moriah\.shire\.lan with POP3S \(dialpost account shofar\)\r\n\tid 4F2\r\n\tfor <eddy@shire\.lan> \(multi-drop\); Sat, 3 Jun 2000 20:58:31 \+0100\r\n$/,
  )
  const several = receivedLine({ ...trace, recipients: [...trace.recipients, { local: 'keith', domain: '' }] })
  assert.match(several, /\tid 4F2; /)
  assert.doesNotMatch(several, /for|eddy/)
})

const added = (header: string, fields: readonly string[] = []) =>
  Buffer.from(withTrace(Buffer.from(header, 'latin1'), 'Received: us\r\n', fields)).toString('latin1')

const places: Readonly<Record<string, readonly [string, string]>> = {
  'above the first Received': [
    'Return-Path: <a@b>\r\nReceived: x\r\n\ty\r\nReceived: z\r\n\r\n',
    'Return-Path: <a@b>\r\nReceived: us\r\nReceived: x\r\n\ty\r\nReceived: z\r\n\r\n',
  ],
  'on top where there is none': ['Subject: \xe4\r\n\r\n', 'Received: us\r\nSubject: \xe4\r\n\r\n'],
  'on top of nothing': ['\r\n', 'Received: us\r\n\r\n'],
}

for (const [where, [before, after]] of Object.entries(places)) {
  test(`the line stands ${where}, and no other octet changes`, () => assert.equal(added(before), after))
}

test('further fields follow ours and cannot carry more than one line', () => {
  assert.equal(added('\r\n', ['X-Dialpost-Warning: a\r\nBcc: evil\x00']), 'Received: us\r\nX-Dialpost-Warning: a?Bcc: evil?\r\n\r\n')
})
