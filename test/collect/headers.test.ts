import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readable, readableText } from '../../src/collect/headers.ts'

const header = (text: string) => Buffer.from(`${text.replaceAll('\n', '\r\n')}\r\n\r\n`, 'latin1')

test('encoded words are read, whatever their character set', async () => {
  const read = await readable(
    header(
      'From: =?iso-8859-1?Q?J=F6rg?= <j@far.example>\nTo: a@x, b@y\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\n =?utf-8?Q?_aus?= Bonn\nDate: Sat, 3 Jun 2000 20:58:31 +0100',
    ),
  )
  assert.deepEqual(read, { from: 'Jörg <j@far.example>', to: 'a@x, b@y', subject: 'Grüße aus Bonn', date: 'Sat, 03 Jun 2000 19:58:31 GMT' })
})

test('what is missing or broken is empty, and nothing breaks', async () => {
  assert.deepEqual(await readable(new Uint8Array(0)), { from: '', to: '', subject: '', date: '' })
  const read = await readable(header('no colon here\nSubject: two\0\x1b[31m lines\nDate: yesterday\nFrom: <<<>'))
  assert.equal(read.subject, 'two [31m lines')
})

test('the text of a letter is read from its first octets alone', async () => {
  let taken = 0
  const content = async function* () {
    yield header('Content-Type: text/plain; charset=iso-8859-1')
    for (; taken < 1000; taken++) yield Buffer.from('Gr\xfc\xdfe\r\n'.repeat(100), 'latin1')
  }
  const text = await readableText(content(), 10_000)
  assert.match(text, /^Grüße\n/)
  assert.ok(text.length < 10_000 && taken < 20)
})

test('of a letter in parts the text is shown, not the picture', async () => {
  const letter = header('MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b')
  const parts =
    '--b\r\nContent-Type: text/html\r\n\r\n<p>Hello <b>there</b></p>\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--\r\n'
  const content = async function* () {
    yield letter
    yield Buffer.from(parts)
  }
  assert.equal((await readableText(content())).trim(), 'Hello there')
})
