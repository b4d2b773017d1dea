import assert from 'node:assert/strict'
import { test } from 'node:test'
import { converse, mechanisms } from '../src/sasl.ts'

const text = (octets: Uint8Array | undefined) => (octets === undefined ? undefined : Buffer.from(octets).toString())

test('PLAIN puts user and password behind an empty authorization identity', () => {
  assert.equal(text(converse('PLAIN', { user: 'tim', password: 'tanstaaftanstaaf' }).initial), '\0tim\0tanstaaftanstaaf')
})

test('LOGIN answers the two prompts in order, whatever their words, and no third', async () => {
  const login = converse('LOGIN', { user: 'eddy', password: 'secret' })
  assert.equal(login.initial, undefined)
  assert.equal(text(await login.answer(Buffer.from('User Name\0'))), 'eddy')
  assert.equal(text(await login.answer(Buffer.from('Password:'))), 'secret')
  assert.equal(await login.answer(Buffer.from('And now?')), undefined)
})

test('CRAM-MD5 answers as RFC 2195 §2 shows', async () => {
  const cram = converse('CRAM-MD5', { user: 'tim', password: 'tanstaaftanstaaf' })
  const answer = await cram.answer(Buffer.from('<1896.697170952@postoffice.reston.mci.net>'))
  assert.equal(text(answer), 'tim b913a602c7eda7a495b4e6e7334d3890')
})

const scram = () => converse('SCRAM-SHA-256', { user: 'user', password: 'pencil' }, 'rOprNGfwEbeRWgbNEkqO')
const first = Buffer.from('r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096')

test('SCRAM-SHA-256 answers as RFC 7677 §3 shows, and believes only a server that knows the password', async () => {
  const client = scram()
  assert.equal(text(client.initial), 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
  assert.equal(
    text(await client.answer(first)),
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  )
  assert.equal(client.complete(), false)
  assert.equal(text(await client.answer(Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='))), '')
  assert.equal(client.complete(), true)
})

test('SCRAM-SHA-256 gives up on a server that does not know the password, changes the nonce or asks for years of work', async () => {
  const liar = scram()
  await liar.answer(first)
  assert.equal(await liar.answer(Buffer.from('v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')), undefined)
  assert.equal(liar.complete(), false)
  for (const bad of [
    'r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    'r=rOprNGfwEbeRWgbNEkqO,s=AA==,i=1',
    'r=rOprNGfwEbeRWgbNEkqOx,s=AA==,i=99999999',
    'garbage',
  ]) {
    assert.equal(await scram().answer(Buffer.from(bad)), undefined, bad)
  }
})

test('inside TLS the fewest round trips come first, in the clear what hides the password', () => {
  const offered = ['login', 'PLAIN', 'CRAM-MD5', 'SCRAM-SHA-256', 'GSSAPI']
  assert.deepEqual(mechanisms(offered, true), ['PLAIN', 'LOGIN', 'SCRAM-SHA-256', 'CRAM-MD5'])
  assert.deepEqual(mechanisms(offered, false), ['SCRAM-SHA-256', 'CRAM-MD5', 'PLAIN', 'LOGIN'])
})
