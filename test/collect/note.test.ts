import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sizeNote, type NoteFacts } from '../../src/collect/note.ts'
import { parseHeader, valueOf } from '../../src/mail/header.ts'

const facts: NoteFacts = {
  id: '4F2',
  hostname: 'moriah.shire.lan',
  recipients: [
    { local: 'eddy', domain: '' },
    { local: 'keith', domain: 'shire.lan' },
  ],
  account: 'shofar',
  host: 'pop.isp-b.example',
  uidl: '0000001a4f',
  size: 5_200_000,
  limit: 200_000,
  rate: 4000,
  readable: {
    from: 'Rosie <rosie@far.example>',
    to: 'eddy@shofar.isp.example',
    subject: 'Holiday photos',
    date: 'Sat, 03 Jun 2000 19:58:31 GMT',
  },
  header: Buffer.from('From: rosie@far.example\r\nSubject: Holiday photos\r\n\r\n'),
  date: 'Sat, 3 Jun 2000 21:00:00 +0100',
}

const text = (changes: Partial<NoteFacts> = {}) => Buffer.from(sizeNote({ ...facts, ...changes })).toString('utf8')

test('a note says who, what, how long on line, and what to type', () => {
  const body = text().split('\r\n\r\n').slice(1).join('\r\n\r\n')
  assert.equal(
    body,
    [
      'A letter for you is larger than 200 KB and was left at pop.isp-b.example.',
      '',
      '  From:     Rosie <rosie@far.example>',
      '  To:       eddy@shofar.isp.example',
      '  Subject:  Holiday photos',
      '  Date:     Sat, 03 Jun 2000 19:58:31 GMT',
      '  Size:     5.2 MB, about 22 minutes on line',
      '',
      'To have it fetched:',
      '  dialpost fetch shofar 0000001a4f',
      'To have it deleted unread:',
      '  dialpost drop shofar 0000001a4f',
      '',
      'Its header:',
      '',
      '> From: rosie@far.example',
      '> Subject: Holiday photos',
      '',
    ].join('\r\n'),
  )
})

test('a note is a letter to those who would have had the other', () => {
  const header = parseHeader(Buffer.from(text()))
  assert.equal(valueOf(header, 'to'), 'eddy@moriah.shire.lan,\tkeith@shire.lan')
  assert.equal(valueOf(header, 'from'), 'Mail collection <postmaster@moriah.shire.lan>')
  assert.equal(valueOf(header, 'subject'), 'Left at pop.isp-b.example (5.2 MB): Holiday photos')
  assert.equal(valueOf(header, 'date'), facts.date)
  assert.equal(valueOf(header, 'message-id'), '<4F2.note@moriah.shire.lan>')
})

test('a subject in another script is encoded in words that end between characters', () => {
  const subject = 'Ferienfotos — Grüße aus 東京 und noch viel mehr davon'
  const value = valueOf(parseHeader(Buffer.from(text({ readable: { ...facts.readable, subject } }))), 'subject') ?? ''
  const words = value.split(/\s+/)
  assert.ok(words.length > 1 && words.every((word) => /^=\?utf-8\?B\?[A-Za-z0-9+/=]+\?=$/.test(word) && word.length <= 75), value)
  const decoded = words.map((word) => Buffer.from(word.slice(10, -2), 'base64').toString('utf8')).join('')
  assert.equal(decoded, `Left at pop.isp-b.example (5.2 MB): ${subject}`)
})

test('a hostile header cannot add fields, end the note or swell it', () => {
  const header = Buffer.concat([Buffer.from('X: a\0b\x1b[2J\rSubject: fake\r\n'), Buffer.alloc(300_000, 'x')])
  const note = text({ header, readable: { from: '', to: '', subject: '', date: '' } })
  assert.ok(note.length < 20_000)
  assert.doesNotMatch(note, /[\0\x1b]|\r(?!\n)|(?<!\r)\n/)
  assert.match(note, /^Subject: Left at pop\.isp-b\.example \(5\.2 MB\): no subject\r$/m)
})
