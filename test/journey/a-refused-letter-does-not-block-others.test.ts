import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHouse } from './house.ts'
import { sample } from './letters.ts'

test('what is refused comes back to its sender, what is deferred waits, and all the others leave', async (t) => {
  const house = await openHouse(t, {
    isp: {
      answer: (command) =>
        command.startsWith('RCPT TO:<gone@')
          ? '550 5.1.1 No such person'
          : command.startsWith('RCPT TO:<busy@')
            ? '450 4.2.0 Come again'
            : undefined,
    },
  })
  const names = ['linda', 'gone', 'busy', 'bob']
  for (const name of names) await house.submit(sample(`to-${name}`, { to: [`${name}@far.example`] }))
  await house.submit(sample('to-all', { from: 'keith@shire.lan', to: names.map((name) => `${name}@far.example`) }))
  house.lineUp()
  await house.until('the good ones are there', () => house.isp.taken().length === 4)
  await house.until('both notices are in their mailboxes', () => house.mbox('eddy').length + house.mbox('keith').length === 2)
  assert.deepEqual(
    house.isp
      .taken()
      .map(({ name, to, from }) => `${name} from ${from} to ${to}`)
      .toSorted(),
    [
      'to-all from keith@shofar.isp.example to bob@far.example',
      'to-all from keith@shofar.isp.example to linda@far.example',
      'to-bob from eddy.younger@isp.example to bob@far.example',
      'to-linda from eddy.younger@isp.example to linda@far.example',
    ],
  )
  assert.deepEqual(
    (await house.queue()).flatMap(({ deliveries }) =>
      deliveries.filter(({ state }) => state === 'waiting').map(({ recipient }) => recipient),
    ),
    ['busy@far.example', 'busy@far.example'],
  )

  const [notice] = house.mbox('eddy')
  const text = notice?.octets.toString('latin1') ?? ''
  assert.match(notice?.divider ?? '', /^MAILER-DAEMON /, 'it has the null sender')
  assert.match(text, /^To: .*eddy@shire\.lan/m)
  assert.match(text, /^Final-Recipient: rfc822; ?gone@far\.example\r$/im)
  assert.match(text, /^Status: 5\.1\.1\r$/m)
  assert.match(text, /No such person/)
  assert.match(text, /^From: <eddy@shire\.lan>\r$/m, 'the letter in it is as its sender wrote it')
  assert.doesNotMatch(text, /isp\.example/, 'and shows nothing of the mask')
})
