/** The letters of the demo, all of one length of text a line, so that sizes are the same on every run. */

export type Sample = {
  readonly from: string
  readonly to: string
  readonly subject: string
  readonly lines: number
  readonly fields?: readonly string[]
}

/** From the LAN, before the line comes up. */
export const outgoing: readonly Sample[] = [
  { from: 'eddy@moriah.shire.lan', to: 'linda@far.example', subject: 'Minutes of the meeting', lines: 40 },
  { from: 'keith@herring.shire.lan', to: 'nelug-list@lists.example', subject: 'Which modem?', lines: 8 },
  { from: 'eddy@moriah.shire.lan', to: 'press@far.example', subject: 'Our leaflet', lines: 300 },
]

/** In the single-drop box `work`. */
export const single: readonly Sample[] = [
  { from: 'boss@office.example', to: 'eddyy@isp-a.example', subject: 'Monday', lines: 12 },
  { from: 'backup@office.example', to: 'eddyy@isp-a.example', subject: 'Nightly report', lines: 220 },
]

/** In the multidrop box `shofar`; the list mail lies there once for each member. */
export const multi: readonly Sample[] = [
  { from: 'linda@far.example', to: 'keith@shofar.isp-b.example', subject: 'Re: Which modem?', lines: 10 },
  { from: 'nelug-list@lists.example', to: 'nelug@shofar.isp-b.example', subject: '[nelug] Talk on Wednesday', lines: 60 },
  { from: 'stranger@away.example', to: 'nobody-knows@shofar.isp-b.example', subject: 'Is this the right address?', lines: 6 },
  { from: 'aunt@away.example', to: 'keith@shofar.isp-b.example, nelug@shofar.isp-b.example', subject: 'To you both', lines: 90 },
]

/** When the line is down again. */
export const late: Sample = { from: 'keith@herring.shire.lan', to: 'linda@far.example', subject: 'One more thing', lines: 5 }

const line = 'Seventy octets of text make one line of a letter as people wrote them.'

/** The letter with CRLF line ends. `number` makes its Message-ID. */
export function compose({ from, to, subject, lines, fields = [] }: Sample, number: number, date: string): string {
  const header = [
    ...fields,
    `From: <${from}>`,
    `To: ${to}`,
    `Subject: ${subject}`,
    `Date: ${date}`,
    `Message-ID: <demo-${number}@${from.split('@')[1]}>`,
  ]
  return [...header, '', ...Array.from({ length: lines }, () => line), ''].join('\r\n')
}
